import Domain
import Foundation
import Hummingbird
import HummingbirdCore
import Store

/// The cameras by their identifiers, as clients of the Python version ask for them.
struct StreamRoutes: Sendable {
    let catalogue: any CameraCatalogue
    let live: LiveRoutes
    let store: Store

    var routes: [Route] {
        [
            Route("/api/streams", [.get: streams]),
            Route("/feeds", [.get: feeds]),
            Route("/video/jpeg/{id}", [.get: jpeg]),
        ]
    }

    private func streams(_ request: RoutedRequest) async throws -> Response {
        _ = try request.query()
        let stored = try await onDisk { try store.cameras() }
        let recordings = Dictionary(stored.map { ($0.id, $0) }) { first, _ in first }
        var json = JSONText()
        json.object { json in
            json.key("streams")
            json.array(cameras) { json, entry in
                let (path, camera) = entry
                json.object { json in
                    json.camera(path, camera)
                    json.field("status", camera.state.rawValue)
                    json.field("reason", camera.reason)
                    json.field("fps", (camera.fps * 10).rounded() / 10)
                    json.field("detections", camera.detections)
                    json.key("recording_stats")
                    json.recordings(recordings[camera.streamID.uuidString.lowercased()])
                }
            }
        }
        return response(json)
    }

    private func feeds(_ request: RoutedRequest) throws -> Response {
        _ = try request.query()
        let cameras = cameras
        var json = JSONText()
        json.object { json in
            json.key("feeds")
            json.object { json in
                for (path, camera) in cameras {
                    json.key(camera.streamID.uuidString.lowercased())
                    json.object { json in json.camera(path, camera) }
                }
            }
            json.field("default", cameras.first?.1.streamID.uuidString.lowercased())
        }
        return response(json)
    }

    private func jpeg(_ request: RoutedRequest) async throws -> Response {
        _ = try request.query()
        let id = request.parameters[0]
        let wanted = UUID(uuidString: id)
        guard let path = cameras.first(where: { $0.1.streamID == wanted })?.0 else {
            throw WebFailure(status: .notFound, message: "no camera has the stream_id \"\(printable(id))\"")
        }
        return try await live.snapshot(of: path)
    }

    /// In the order of the settings.
    private var cameras: [(StreamPath, CameraStatus)] {
        let status = catalogue.status()
        return catalogue.paths.compactMap { path in status.cameras[path].map { (path, $0) } }
    }
}

extension JSONText {
    fileprivate mutating func camera(_ path: StreamPath, _ camera: CameraStatus) {
        field("id", camera.streamID.uuidString.lowercased())
        field("name", camera.name)
        field("path", path.rawValue)
        field("source", camera.source)
    }

    fileprivate mutating func recordings(_ camera: StoredCamera?) {
        object { json in
            json.field("recording_count", camera?.recordings ?? 0)
            json.field("total_duration", camera?.durationSeconds ?? 0)
            json.field("latest_recording", camera?.newestMicroseconds.map(WallTime.isoText))
        }
    }
}
