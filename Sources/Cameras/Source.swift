package import Domain
package import FFmpeg

/// Where a camera's packets come from, and how libav is to open it.
package struct Source: Sendable, Hashable {
    package enum Transport: String, Sendable, Hashable, CaseIterable { case tcp, udp }

    package var url: CameraURL
    /// For RTSP: how media travels.
    package var transport: Transport
    /// For files: whether to begin anew at the end.
    package var loops: Bool

    /// For files: the path to open, where it is not simply the URL's.
    package var file: String?
    /// How long the camera stays connected after the last consumer that wants packets at once has gone; nil: it is
    /// connected always.
    package var onDemandCloseSeconds: Double?
    /// How long connecting may take.
    package var openTimeoutSeconds = Demuxer.Options().openTimeoutSeconds
    /// How long the camera may stay silent.
    package var readTimeoutSeconds = Demuxer.Options().readTimeoutSeconds
    /// How long it may take until the next segment of HLS is there.
    package var segmentTimeoutSeconds = Demuxer.Options().segmentTimeoutSeconds

    package init(_ url: CameraURL, file: String? = nil, transport: Transport = .tcp, loops: Bool = true) {
        self.url = url
        self.file = file
        self.transport = transport
        self.loops = loops
    }

    package var isOnDemand: Bool { onDemandCloseSeconds != nil }

    /// What does not come at the speed at which it was filmed is held to it: files, over HTTP what has an end, and HLS,
    /// which comes a segment at a time.
    func isPaced(format: String, durationSeconds: Double?) -> Bool {
        switch url.scheme {
        case .file: true
        case .http, .https: durationSeconds != nil || format == "hls"
        case .rtsp, .rtsps, .rtmp, .srt, .device: false
        }
    }

    /// What libav is told.
    package var demuxerURL: String {
        switch url.scheme {
        case .file: "file:\(file ?? url.filePath ?? "")"
        case .device: url.filePath ?? ""
        default: url.text
        }
    }

    package var demuxerOptions: Demuxer.Options {
        var options = Demuxer.Options()
        options.openTimeoutSeconds = openTimeoutSeconds
        options.readTimeoutSeconds = readTimeoutSeconds
        options.segmentTimeoutSeconds = segmentTimeoutSeconds
        options.stampsByArrival = url.scheme != .file
        // libav opens only what the scheme needs: a playlist from the network cannot name a local file.
        options.values["protocol_whitelist"] =
            switch url.scheme {
            case .file, .device: "file"
            case .rtsp, .rtsps: "rtsp,rtsps,rtp,srtp,udp,tcp,tls"
            case .rtmp: "rtmp,rtmps,tcp,tls"
            case .srt: "srt,udp"
            case .http, .https: "http,https,tcp,tls,crypto"
            }
        switch url.scheme {
        case .rtsp, .rtsps:
            options.values["rtsp_transport"] = transport.rawValue
            options.values["allowed_media_types"] = "video+audio"
            options.values["user_agent"] = "SpectraX"
        case .http, .https:
            options.values["user_agent"] = "SpectraX"
        case .device:
            #if os(macOS)
                options.format = "avfoundation"
            #else
                options.format = "v4l2"
            #endif
        case .file, .rtmp, .srt:
            break
        }
        if url.scheme != .file {
            // Enough to see a key frame's parameter sets; the default of 5 s keeps the first picture waiting.
            options.values["analyzeduration"] = "2000000"
        }
        return options
    }

    /// Connects. Blocks: for the camera's own thread.
    ///
    /// - Parameter isWatched: whether anybody needs the packets at once. While it says no, some are let gather, which
    ///   saves most of what reading costs.
    package func open(interrupt: Interrupt, isWatched: @escaping () -> Bool = { true }) throws -> Demuxer {
        let options = demuxerOptions
        if url.scheme == .rtsp, transport == .tcp {
            do {
                let client = try RTSPClient(
                    url, interrupt: interrupt, timeoutSeconds: options.openTimeoutSeconds, isWatched: isWatched)
                return try Demuxer(
                    description: client.description, feed: client, subject: url.redacted,
                    options: options.forDescription, interrupt: interrupt)
            } catch is RTSPClient.Unsupported {
                // An odd server: libav's client is slower and knows more of them.
            }
        }
        do throws(FFmpegError) {
            return try Demuxer(url: demuxerURL, subject: url.redacted, options: options, interrupt: interrupt)
        } catch {
            throw explained(error)
        }
    }
}

extension Demuxer.Options {
    /// Without what only libav's own RTSP client understands.
    fileprivate var forDescription: Demuxer.Options {
        var options = self
        options.values = options.values.filter { $0.key == "analyzeduration" }
        return options
    }
}
