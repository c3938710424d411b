extension Settings {
    mutating func readSections(_ root: inout SectionReader) {
        root.section("network") { section in
            section.string("bind", into: &network.bind)
            section.int("api_port", into: &network.apiPort, 1...65535)
            section.warn("api_port", "has no effect: the API is on detection.port")
            section.strings("cors_origins", into: &network.corsOrigins)
        }
        root.section("detection") { detection.read(&$0) }
        root.section("appearance") { appearance.read(&$0) }
        root.section("recording") { section in
            section.bool("enabled", into: &recording.enabled)
            recording.rules.read(&section)
            section.number("max_clip_seconds", into: &recording.maxClipSeconds, 10...86_400)
            section.number("max_storage_gb", into: &recording.maxStorageGB, 0...1_000_000, above: true)
            section.optionalNumber("max_days", into: &recording.maxDays, 0.01...36_500)
            section.number("min_free_gb", into: &recording.minFreeGB, 0...1_000_000)
            section.string("recordings_dir", into: &recording.directory)
            section.string("mount_point", into: &recording.mountPoint, allowsEmpty: true)
        }
        root.section("streaming") { streaming.read(&$0) }
        root.section("security") { section in
            section.string("state_dir", into: &security.stateDirectory)
            section.bool("use_tls", into: &security.useTLS)
            section.string("tls_key", into: &security.tlsKey, allowsEmpty: true)
            section.string("tls_cert", into: &security.tlsCertificate, allowsEmpty: true)
            if security.tlsKey.isEmpty != security.tlsCertificate.isEmpty {
                let missing = security.tlsKey.isEmpty ? "tls_key" : "tls_cert"
                let given = security.tlsKey.isEmpty ? "tls_cert" : "tls_key"
                let path = "security.\(given)"
                section.log.error(section.log.positions[path] ?? .start, path, "security.\(missing) is needed as well")
            }
        }
        root.section("advanced") { section in
            section.bool("debug", into: &advanced.debug)
            section.section("mediamtx") { ports in
                ports.int("rtsp_port", into: &advanced.rtspPort, 1...65535)
                ports.int("rtsps_port", into: &advanced.rtspsPort, 1...65535)
                ports.int("hls_port", into: &advanced.hlsPort, 1...65535)
                ports.warn("hls_port", "has no effect: HLS is served on detection.port, at /hls/")
            }
            let log = section.log
            streaming.take(formerPort: advanced.rtspPort, "rtsp_port", into: \.rtspPort, "rtsp_port", log)
            streaming.take(formerPort: advanced.rtspsPort, "rtsps_port", into: \.rtspsPort, "rtsps_port", log)
            streaming.checkPorts(web: detection.port, secure: security.useTLS, log)
            section.section("performance") { performance in
                performance.int("max_detectors", into: &advanced.maxDetectors, 1...1000)
                performance.int("thread_pool_size", into: &advanced.threadPoolSize, 1...1000)
                performance.warn("max_detectors", "has no effect: detection.threads sets how much runs at once")
                performance.warn("thread_pool_size", "has no effect: detection.threads sets how much runs at once")
            }
        }
    }
}

extension Settings.Detection {
    mutating func read(_ section: inout SectionReader) {
        section.bool("enabled", into: &enabled)
        section.int("port", into: &port, 1...65535)
        section.string("model", into: &model)
        if [".pt", ".pth"].contains(where: model.lowercased().hasSuffix) {
            let name = shownText(model)
            section.log.error(
                section.log.positions["detection.model"] ?? .start, "detection.model",
                "\"\(name)\" is a PyTorch file; export it to ONNX and name the .onnx file: yolo export model=\(name) format=onnx"
            )
        }
        section.string("models_dir", into: &modelsDirectory)
        section.number("confidence", into: &confidence, 0...1)
        section.number("fps", into: &fps, 0...60, above: true)
        section.int("threads", into: &threads, 1...64)
        section.section("resolution") { size in
            size.int("width", into: &resolution.width, 16...7680)
            size.int("height", into: &resolution.height, 16...4320)
        }
        section.section("stream") { inner in
            inner.int("buffer_size", into: &stream.bufferSize, 1...100)
            inner.warn("buffer_size", "has no effect: the bounds of the queues are built in")
            inner.number("reconnect_interval", into: &stream.reconnectInterval, 0...3600)
            inner.warn("reconnect_interval", "has no effect: the back-off between attempts is built in")
        }
        section.section("filters") { filters.read(&$0) }
        section.bool("tracking", into: &tracking)
        var library = ""
        section.string("onnxruntime", into: &library, allowsEmpty: true)
        onnxruntime = library.isEmpty ? nil : library
    }
}

extension Settings.Filters {
    mutating func read(_ section: inout SectionReader) {
        section.strings("classes", into: &classes)
        section.optionalNumber("min_area", into: &minArea, 0...1e9)
        section.optionalNumber("max_area", into: &maxArea, 0...1e9)
        // A conflict is reported where the file writes one of the two, not again where it is inherited.
        let written = ["min_area", "max_area"].map { join(section.path, $0) }
            .first { section.log.positions[$0] != nil }
        if let minArea, let maxArea, minArea > maxArea, let path = written {
            section.log.error(
                section.log.positions[path] ?? .start, path,
                "min_area, \(numberText(minArea)), is more than max_area, \(numberText(maxArea))")
        }
    }
}

extension Settings.Recording.Rules {
    mutating func read(_ section: inout SectionReader) {
        section.number("min_confidence", into: &minConfidence, 0...1)
        section.strings("record_objects", into: &objects)
        section.number("min_duration_seconds", into: &minDurationSeconds, 0...3600)
        section.optionalNumber("min_area", into: &minArea, 0...1e9)
        section.number("stationary_seconds", into: &stationarySeconds, 1...86_400)
        section.number("pre_buffer_seconds", into: &preBufferSeconds, 0...300)
        section.number("post_buffer_seconds", into: &postBufferSeconds, 0...3600)
    }
}

extension Settings.Appearance {
    mutating func read(_ section: inout SectionReader) {
        section.section("box") { inner in
            inner.int("thickness", into: &box.thickness, 1...20)
            inner.choice("color", into: &box.color)
        }
        section.section("label") { inner in
            inner.number("text_scale", into: &label.textScale, 0.1...5)
            inner.int("text_thickness", into: &label.textThickness, 1...10)
            inner.int("text_padding", into: &label.textPadding, 0...100)
            inner.choice("position", into: &label.position)
            inner.int("border_radius", into: &label.borderRadius, 0...100)
        }
    }
}

extension SectionReader {
    /// A warning about a key, when the file has it.
    func warn(_ key: String, _ message: String) {
        if let position = log.positions[join(path, key)] { log.warn(position, join(path, key), message) }
    }

    /// An error about a key, where the file has it.
    func fail(_ key: String, _ message: String) {
        log.error(log.positions[join(path, key)] ?? .start, join(path, key), message)
    }
}
