private import Cameras
private import Detections
private import Domain
private import Recordings
private import Streaming
internal import WebAPI

extension ServerMetrics {
    var queues: [QueueStatus] {
        entries.flatMap { path, entry in queues(of: entry, path) } + [clips, readers]
    }

    private func queues(of entry: System.Entry, _ path: String) -> [QueueStatus] {
        let hub = entry.pipeline.camera.hub
        let gop = hub.currentGOP
        let waiting = hub.queues
        func packets(_ kind: QueueStatus.Kind, _ consumer: PacketConsumer) -> QueueStatus {
            let queue = waiting[consumer] ?? PacketQueue()
            return QueueStatus(kind, camera: path, depth: queue.depth, capacity: queue.capacity, dropped: queue.dropped)
        }
        var queues = [
            QueueStatus(.gop, camera: path, depth: gop.packets, capacity: gop.limit),
            packets(.decoder, .decoder),
        ]
        if let place = entry.pipeline.detectionPort?.queue {
            queues.append(QueueStatus(.detector, camera: path, depth: place.waiting, capacity: 1, dropped: place.lost))
        }
        if let recorder = entry.recorder {
            let status = recorder.status
            let actions = recorder.waitingActions
            queues += [
                packets(.recorder, .recorder),
                QueueStatus(
                    .actions, camera: path, depth: actions.count, capacity: actions.limit,
                    dropped: status.droppedActions),
                QueueStatus(
                    .preroll, camera: path, depth: status.preRollBytes, capacity: recorder.configuration.preRollBytes,
                    dropped: status.preRollShortenings),
            ]
        }
        return queues + [packets(.live, .live), packets(.rtsp, .rtsp)]
    }

    private var clips: QueueStatus {
        let finisher = system.recording?.counters ?? ClipFinisher.Counters()
        return QueueStatus(
            .clips, depth: finisher.waiting, capacity: ClipFinisher.limit, dropped: finisher.postponed)
    }

    private var readers: QueueStatus {
        let counts = streaming.snapshot
        return QueueStatus(
            .readers, depth: counts.waitingBytes, capacity: counts.readers * RTSPConfiguration().readerQueueBytes,
            dropped: counts.skips)
    }
}
