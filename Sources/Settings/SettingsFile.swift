import Domain
import Foundation

/// Finds and reads the settings file.
package enum SettingsFile {
    package static let defaultPath = "surveillance.yml"
    /// Bytes; a larger file is refused before it is parsed.
    package static let maximumSize = 1 << 20

    package static func load(_ path: String = defaultPath) throws(SettingsError) -> Settings {
        func refuse(_ message: String) -> SettingsError {
            SettingsError(issues: [SettingsIssue(file: path, position: .start, keyPath: "", message: message)])
        }
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw refuse(
                """
                there is no such file. Create it with these lines, or name another: spectrax run --config FILE
                cameras:
                  - path: video/front-door
                    source: "rtsp://user:password@192.168.1.20/stream1"
                """)
        }
        guard !isDirectory.boolValue else { throw refuse("it is a directory, not a file") }
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(filePath: path))
            defer { try? handle.close() }
            data = try handle.read(upToCount: maximumSize + 1) ?? Data()
        } catch {
            throw refuse("it cannot be read: \(error.localizedDescription)")
        }
        guard data.count <= maximumSize else { throw refuse("it is larger than 1 MB") }
        guard let text = String(validating: data, as: UTF8.self) else { throw refuse("it is not valid UTF-8 text") }
        return try Settings(yaml: text, file: path)
    }
}

extension Settings {
    /// Throws the errors of the text together, 100 at most. `file` is its name in messages; relative `file:` sources start there.
    package init(yaml: String, file: String) throws(SettingsError) {
        try self.init(yaml: yaml, log: ReadingLog(file: file))
    }

    init(yaml: String, log: ReadingLog) throws(SettingsError) {
        self.init()
        file = log.file
        do throws(YAMLSyntaxError) {
            guard yaml.utf8.count <= SettingsFile.maximumSize else {
                throw YAMLSyntaxError(position: .start, reason: "it is larger than 1 MB")
            }
            let root = try YAMLTree.parse(yaml)
            read(root, log)
        } catch {
            log.error(error.position, "", error.reason)
        }
        guard log.errors.isEmpty else {
            throw SettingsError(issues: log.errors.sorted { $0.position < $1.position })
        }
        warnings = log.warnings.sorted { $0.position < $1.position }
        positions = log.positions
    }

    private mutating func read(_ root: YAMLTree?, _ log: ReadingLog) {
        let example = "add a camera:\ncameras:\n  - video/front-door"
        guard let root, !root.isNull else { return log.error(.start, "", "the file is empty; \(example)") }
        var reader = SectionReader(root, path: "", pattern: "", log: log)
        let list = reader.take("cameras")
        readSections(&reader)
        reader.finish()
        guard case .map = root.value else { return }
        switch list?.value {
        case .list(let items) where !items.isEmpty:
            readCameras(items, log)
        case .list:
            log.error(list?.position ?? .start, "cameras", "the list is empty; \(example)")
        case .some where list?.isNull == false:
            log.error(list?.position ?? .start, "cameras", "\(list?.shown ?? "") is not a list; \(example)")
        default:
            log.error(list?.position ?? .start, "cameras", "there is none; \(example)")
        }
    }

    private mutating func readCameras(_ items: [YAMLTree], _ log: ReadingLog) {
        var lines: [StreamPath: Int] = [:]
        for (index, item) in items.enumerated() {
            guard let camera = camera(item, at: "cameras[\(index)]", log) else { continue }
            let position = log.positions["cameras[\(index)].path"] ?? item.position
            if let first = lines[camera.path] {
                log.error(
                    position, "cameras[\(index)].path",
                    "\"\(camera.path)\" in line \(position.line) is already the path of the camera in line \(first)")
            } else {
                lines[camera.path] = position.line
            }
            cameras.append(camera)
        }
    }

    private func camera(_ item: YAMLTree, at path: String, _ log: ReadingLog) -> CameraSettings? {
        log.positions[path] = item.position
        let inherited = CameraSettings.Detection(
            enabled: detection.enabled, fps: detection.fps, confidence: detection.confidence,
            filters: detection.filters)
        let events = CameraSettings.Recording(enabled: recording.enabled, rules: recording.rules)
        if let text = item.text {
            return streamPath(text, item.position, path, log).map {
                CameraSettings(path: $0, name: $0.lastSegment, detection: inherited, recording: events)
            }
        }
        guard case .map = item.value else {
            log.error(item.position, path, "\(item.shown) is neither a path such as video/front-door nor a map")
            return nil
        }
        var reader = SectionReader(item, path: path, pattern: "cameras[]", log: log)
        var text = ""
        reader.string("path", into: &text)
        let source = reader.take("source")
        var name = ""
        reader.string("name", into: &name)
        var camera = streamPath(text, log.positions["\(path).path"], path, log, inMap: true)
            .map {
                CameraSettings(
                    path: $0, name: name.isEmpty ? $0.lastSegment : name, detection: inherited, recording: events)
            }
        var loop = CameraSettings.Defaults().loop
        var enabled = CameraSettings.Defaults().enabled
        var transport = CameraSettings.Defaults().transport
        var onDemand = CameraSettings.Defaults().onDemand
        var onDemandCloseSeconds = CameraSettings.Defaults().onDemandCloseSeconds
        var overrides = inherited
        reader.bool("loop", into: &loop)
        reader.bool("enabled", into: &enabled)
        reader.choice("transport", into: &transport)
        reader.bool("on_demand", into: &onDemand)
        reader.number("on_demand_close_seconds", into: &onDemandCloseSeconds, 0...86_400)
        reader.section("detection") { section in
            section.bool("enabled", into: &overrides.enabled)
            section.number("fps", into: &overrides.fps, 0...60, above: true)
            section.number("confidence", into: &overrides.confidence, 0...1)
            section.section("filters") { overrides.filters.read(&$0) }
        }
        var recordingOverrides = events
        reader.section("recording") { section in
            section.bool("enabled", into: &recordingOverrides.enabled)
            recordingOverrides.rules.read(&section)
            section.optionalNumber("max_storage_gb", into: &recordingOverrides.maxStorageGB, 0.001...1_000_000)
        }
        reader.finish()
        camera?.recording = recordingOverrides
        camera?.loop = loop
        camera?.enabled = enabled
        camera?.transport = transport
        camera?.onDemand = onDemand
        camera?.onDemandCloseSeconds = onDemandCloseSeconds
        camera?.detection = overrides
        readSource(source, path, into: &camera, log)
        return camera
    }

    private func readSource(_ tree: YAMLTree?, _ path: String, into camera: inout CameraSettings?, _ log: ReadingLog) {
        if let tree, !tree.isNull {
            do throws(InvalidCameraURL) {
                guard let text = tree.text else { throw InvalidCameraURL(reason: "\(tree.shown) is not a text") }
                let url = try CameraURL(text)
                camera?.source = url
                if url.scheme == .file, let filePath = url.filePath {
                    let directory = URL(filePath: file).deletingLastPathComponent()
                    camera?.sourceFile = URL(filePath: filePath, relativeTo: directory).standardizedFileURL.path
                }
            } catch {
                log.error(tree.position, "\(path).source", error.description)
            }
        }
        let scheme = camera?.source?.scheme
        if let position = log.positions["\(path).transport"], scheme != .rtsp, scheme != .rtsps {
            log.warn(position, "\(path).transport", "has no effect: the source is not rtsp")
        }
        if let camera, camera.onDemand, let position = log.positions["\(path).on_demand"] {
            if scheme == nil {
                log.warn(position, "\(path).on_demand", "has no effect: the stream is published to this server")
            } else if camera.detection.enabled {
                log.warn(position, "\(path).on_demand", "has no effect: detection is on, and needs the camera always")
            }
        }
        if let position = log.positions["\(path).loop"], scheme != .file {
            log.warn(position, "\(path).loop", "has no effect: the source is not a file")
        }
    }

    private func streamPath(
        _ text: String, _ position: SourcePosition?, _ path: String, _ log: ReadingLog, inMap: Bool = false
    ) -> StreamPath? {
        do throws(InvalidStreamPath) {
            return try StreamPath(text)
        } catch {
            // A path that was refused as a text is already reported.
            if inMap, position != nil, text.isEmpty { return nil }
            let reason = text.isEmpty && position == nil ? "the key \"path\" is missing" : error.reason
            let place = position ?? log.positions[path] ?? .start
            let keyPath = inMap && position != nil ? "\(path).path" : path
            log.error(
                place, keyPath,
                "\(shownText(text).isEmpty ? "" : "\"\(shownText(text))\": ")not a stream path: \(reason)")
            return nil
        }
    }
}
