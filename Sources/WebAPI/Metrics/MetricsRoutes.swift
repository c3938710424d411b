import Domain
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// `/metrics` for Prometheus.
struct MetricsRoutes: Sendable {
    let counters: WebCounters
    let events: LiveEvents
    /// nil in tests.
    let source: (any MetricsSource)?

    var routes: [Route] {
        [Route("/metrics", [.get: metrics]), Route("/api/queues", [.get: queues])]
    }

    /// All queues of the server, for `/metrics` and for people: those of the cameras first.
    private var allQueues: [QueueStatus] {
        (source?.queues ?? []) + [events.queue, video]
    }

    private var video: QueueStatus {
        let video = counters.video
        return QueueStatus(
            .video, depth: video.waitingBytes, capacity: video.viewers * LiveVideoSocket.mostWaiting,
            dropped: video.skippedFragments)
    }

    private func queues(_ request: RoutedRequest) throws -> Response {
        _ = try request.query()
        var json = JSONText()
        json.object { json in
            json.key("queues")
            json.array(allQueues) { json, queue in json.queue(queue) }
        }
        return response(json)
    }

    private func metrics(_ request: RoutedRequest) async throws -> Response {
        _ = try request.query()
        let text = try await onDisk {
            var metrics = MetricsText()
            counters.write(to: &metrics)
            events.counters.write(to: &metrics)
            source?.write(to: &metrics)
            metrics.write(allQueues)
            return metrics.text
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}

extension WebCounters: MetricsSource {
    package func write(to metrics: inout MetricsText) {
        let requests = requests
        metrics.metric(
            "spectrax_http_requests_total", .counter, "Requests answered, by route, method and status of the answer.")
        for (key, count) in requests.counts.sorted(by: { "\($0.key)" < "\($1.key)" }) {
            metrics.sample(count, ["route": key.route, "method": key.method, "status": "\(key.status)"])
        }
        metrics.metric(
            "spectrax_http_request_duration_seconds", .histogram, "Time to the head of the answer.")
        metrics.sample(requests.durations)
        metrics.single(
            "spectrax_slow_clients_dropped_total", .counter, slowViewersDropped,
            "Connections closed because their peer did not read, or answered no ping.")
        metrics.single("spectrax_websockets", .gauge, webSockets, "WebSockets that are open.")
        metrics.metric("spectrax_viewers", .gauge, "Viewers of MJPEG and live video, by camera.")
        for (path, count) in viewers.sorted(by: { $0.key < $1.key }) {
            metrics.sample(count, ["camera": path.rawValue])
        }
        metrics.single(
            "spectrax_live_video_skipped_fragments_total", .counter, video.skippedFragments,
            "Pictures of live video left out because the network of a viewer was too slow.")
    }
}

extension LiveEvents.Counters {
    fileprivate func write(to metrics: inout MetricsText) {
        metrics.metric(
            "spectrax_events_messages_total", .counter,
            "Live messages published, by kind; those of frames only while somebody wants them.")
        for (kind, count) in published.sorted(by: { $0.key < $1.key }) { metrics.sample(count, ["kind": kind]) }
        metrics.metric("spectrax_events_subscribers", .gauge, "Subscribers of live messages, by transport.")
        for (transport, count) in subscribers.sorted(by: { $0.key < $1.key }) {
            metrics.sample(count, ["transport": transport])
        }
        metrics.single(
            "spectrax_events_lost_messages_total", .counter, lost,
            "Live messages left out for slow subscribers.")
        metrics.single(
            "spectrax_events_subscribers_dropped_total", .counter, givenUp,
            "Subscribers disconnected because too much waited for them.")
        metrics.single(
            "spectrax_events_journal_messages", .gauge, journalMessages,
            "Live messages kept for subscribers that come back.")
        metrics.single(
            "spectrax_events_journal_bytes", .gauge, journalBytes, "Memory that the kept live messages take.")
    }
}
