import Domain

/// Every key of the settings file: what `docs/settings.md` is written from. Defaults are read from `Settings`.
package enum SettingsReference {
    package struct Row: Sendable {
        /// List indices are written `[]`.
        package let key: String
        package let type: String
        package let fallback: String
        package let range: String
        package let summary: String

        init(_ key: String, _ type: String, _ fallback: String, _ range: String, _ summary: String) {
            self.key = key
            self.type = type
            self.fallback = fallback
            self.range = range
            self.summary = summary
        }
    }

    package static var rows: [Row] {
        let settings = Settings()
        return cameraRows() + serverRows(settings) + detectionRows(settings) + appearanceRows(settings)
            + recordingRows(settings) + streamingRows(settings) + otherRows(settings)
    }

    package static var markdown: String {
        let head = """
            # Settings

            Every key of `surveillance.yml`. A key left out has its default. An unknown key is an error.

            Relative paths of `file:` sources start at the settings file; all others, such as `detection.models_dir`, at the
            directory in which `spectrax` is started. `~` is your home.

            | Key | Type | Default | Accepted | Meaning |
            | --- | --- | --- | --- | --- |

            """
        return head
            + rows.map { row in
                let fallback = row.fallback.isEmpty ? "" : "`\(row.fallback)`"
                return "| `\(row.key)` | \(row.type) | \(fallback) | \(row.range) | \(row.summary) |\n"
            }.joined()
    }

    private static func cameraRows() -> [Row] {
        let camera = CameraSettings.Defaults()
        return [
            Row(
                "cameras", "list", "", "at least one",
                "The cameras: each a path (a stream that is published to this server) or a map"),
            Row(
                "cameras[].path", "text", "", "letters, digits and - _ . ~ : /",
                "The camera's path, unique; required"),
            Row(
                "cameras[].source", "address", "", "rtsp, rtsps, rtmp, srt, http, https, file, device",
                "Where the pictures come from; left out, the stream is published to this server"),
            Row("cameras[].name", "text", "", "", "The name that viewers see; left out, the last part of the path"),
            Row("cameras[].loop", "true or false", "\(camera.loop)", "", "Start a file again at its end"),
            Row("cameras[].enabled", "true or false", "\(camera.enabled)", "", "Whether the camera is used"),
            Row(
                "cameras[].transport", "choice", "\(camera.transport)", choices(CameraSettings.Transport.self),
                "How RTP travels from an rtsp source"),
            Row(
                "cameras[].on_demand", "true or false", "\(camera.onDemand)", "",
                "Connect only while somebody watches; for cameras without detection, which needs its camera always"),
            Row(
                "cameras[].on_demand_close_seconds", "number", "\(Int(camera.onDemandCloseSeconds))", "0 to 86400",
                "How long a camera on demand stays connected after the last has gone"),
            Row("cameras[].detection", "map", "", "", "What this camera does otherwise than `detection`"),
            Row("cameras[].detection.enabled", "true or false", "", "", "As detection.enabled, for this camera"),
            Row("cameras[].detection.fps", "number", "", "above 0, at most 60", "As detection.fps, for this camera"),
            Row("cameras[].detection.confidence", "number", "", "0 to 1", "As detection.confidence, for this camera"),
            Row("cameras[].detection.filters", "map", "", "", "As detection.filters, for this camera"),
            Row(
                "cameras[].detection.filters.classes", "list of texts", "", "",
                "As detection.filters.classes, for this camera"),
            Row(
                "cameras[].detection.filters.min_area", "number or null", "", "0 to 1000000000",
                "As detection.filters.min_area, for this camera"),
            Row(
                "cameras[].detection.filters.max_area", "number or null", "", "0 to 1000000000",
                "As detection.filters.max_area, for this camera"),
        ] + cameraRecordingRows
    }

    private static func serverRows(_ settings: Settings) -> [Row] {
        [
            Row("network", "map", "", "", "Where the server listens"),
            Row(
                "network.bind", "text", "\(settings.network.bind)", "",
                "127.0.0.1 for this computer only, 0.0.0.0 for the whole network"),
            Row(
                "network.api_port", "whole number", "\(settings.network.apiPort)", "1 to 65535",
                "Accepted without effect: the API is on detection.port"),
            Row(
                "network.cors_origins", "list of texts", list(settings.network.corsOrigins), "",
                "Web origins whose pages may read answers; those listed by name may also open WebSockets"),
        ]
    }

    private static func detectionRows(_ settings: Settings) -> [Row] {
        [
            Row("detection", "map", "", "", "Object detection and the web server"),
            Row(
                "detection.enabled", "true or false", "\(settings.detection.enabled)", "",
                "Whether objects are detected"),
            Row(
                "detection.port", "whole number", "\(settings.detection.port)", "1 to 65535",
                "Port of the web page and the API"),
            Row(
                "detection.model", "text", "\(settings.detection.model)", "auto, a name, a path to .onnx",
                "The model; auto takes the first installed of yolox_nano, yolov3-tiny"),
            Row(
                "detection.models_dir", "text", "\(settings.detection.modelsDirectory)", "",
                "Directory of the models"),
            Row(
                "detection.confidence", "number", "\(settings.detection.confidence)", "0 to 1",
                "Detections below it are dropped"),
            Row(
                "detection.fps", "number", numberText(settings.detection.fps), "above 0, at most 60",
                "Detections a second for each camera"),
            Row(
                "detection.threads", "whole number", "\(settings.detection.threads)", "1 to 64",
                "Threads of the inference"),
            Row(
                "detection.resolution", "map", "", "",
                "Upper bound of the picture that viewers get; the aspect ratio is kept"),
            Row(
                "detection.resolution.width", "whole number", "\(settings.detection.resolution.width)", "16 to 7680",
                "Width in pixels"),
            Row(
                "detection.resolution.height", "whole number", "\(settings.detection.resolution.height)", "16 to 4320",
                "Height in pixels"),
            Row("detection.stream", "map", "", "", "Reading of streams"),
            Row(
                "detection.stream.buffer_size", "whole number", "\(settings.detection.stream.bufferSize)", "1 to 100",
                "Accepted without effect: the bounds of the queues are built in"),
            Row(
                "detection.stream.reconnect_interval", "number",
                numberText(settings.detection.stream.reconnectInterval), "0 to 3600",
                "Accepted without effect: the back-off is built in"),
            Row("detection.filters", "map", "", "", "Which detections count"),
            Row(
                "detection.filters.classes", "list of texts", list(settings.detection.filters.classes),
                "class names of the model",
                "Only these classes; empty means all"),
            Row(
                "detection.filters.min_area", "number or null", "null", "0 to 1000000000",
                "Smallest area in square pixels"),
            Row(
                "detection.filters.max_area", "number or null", "null", "0 to 1000000000",
                "Largest area in square pixels"),
            Row(
                "detection.tracking", "true or false", "\(settings.detection.tracking)", "",
                "Whether objects keep a number from picture to picture"),
            Row(
                "detection.onnxruntime", "text", text(settings.detection.onnxruntime ?? ""), "",
                "Path of the ONNX Runtime library; empty looks in the usual places"),
        ]
    }

    private static func appearanceRows(_ settings: Settings) -> [Row] {
        [
            Row("appearance", "map", "", "", "How detections are drawn"),
            Row("appearance.box", "map", "", "", "The box"),
            Row(
                "appearance.box.thickness", "whole number", "\(settings.appearance.box.thickness)", "1 to 20",
                "Line width in pixels"),
            Row(
                "appearance.box.color", "choice", "\(settings.appearance.box.color)",
                choices(Settings.Appearance.Color.self),
                "Colour; roboflow has one for each class"),
            Row("appearance.label", "map", "", "", "The label"),
            Row(
                "appearance.label.text_scale", "number", "\(settings.appearance.label.textScale)", "0.1 to 5",
                "Size of the text"),
            Row(
                "appearance.label.text_thickness", "whole number", "\(settings.appearance.label.textThickness)",
                "1 to 10",
                "Weight of the text"),
            Row(
                "appearance.label.text_padding", "whole number", "\(settings.appearance.label.textPadding)", "0 to 100",
                "Space around the text in pixels"),
            Row(
                "appearance.label.position", "choice", "\(settings.appearance.label.position.rawValue)",
                choices(Settings.Appearance.Position.self),
                "Place of the label on the box"),
            Row(
                "appearance.label.border_radius", "whole number", "\(settings.appearance.label.borderRadius)",
                "0 to 100",
                "Rounding of the label in pixels"),
        ]
    }

    private static func otherRows(_ settings: Settings) -> [Row] {
        [
            Row("security", "map", "", "", "Encryption and secrets"),
            Row(
                "security.state_dir", "text", text(settings.security.stateDirectory), "",
                "Directory of the server's credentials and of its own certificate; for its owner only"),
            Row(
                "security.use_tls", "true or false", "\(settings.security.useTLS)", "",
                "Whether streams are offered over RTSPS"),
            Row(
                "security.tls_key", "text", text(settings.security.tlsKey), "",
                "Path of the private key; needs tls_cert. Empty: a certificate of its own is made"),
            Row(
                "security.tls_cert", "text", text(settings.security.tlsCertificate), "",
                "Path of the certificate; needs tls_key"),
            Row("advanced", "map", "", "", "Seldom needed"),
            Row("advanced.debug", "true or false", "\(settings.advanced.debug)", "", "More messages"),
            Row("advanced.mediamtx", "map", "", "", "Ports of the streams; the name is that of the Python version"),
            Row(
                "advanced.mediamtx.rtsp_port", "whole number", "\(settings.advanced.rtspPort)", "1 to 65535",
                "Former name of streaming.rtsp_port"),
            Row(
                "advanced.mediamtx.rtsps_port", "whole number", "\(settings.advanced.rtspsPort)", "1 to 65535",
                "Former name of streaming.rtsps_port"),
            Row(
                "advanced.mediamtx.hls_port", "whole number", "\(settings.advanced.hlsPort)", "1 to 65535",
                "Accepted without effect: HLS is served on `detection.port`"),
            Row("advanced.performance", "map", "", "", "Accepted without effect: see detection.threads"),
            Row(
                "advanced.performance.max_detectors", "whole number", "\(settings.advanced.maxDetectors)", "1 to 1000",
                "Accepted without effect"),
            Row(
                "advanced.performance.thread_pool_size", "whole number", "\(settings.advanced.threadPoolSize)",
                "1 to 1000",
                "Accepted without effect"),
        ]
    }

    static func list(_ items: [String]) -> String {
        "[" + items.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
    }

    static func text(_ text: String) -> String { "\"\(text)\"" }

    private static func choices<Choice: CaseIterable & RawRepresentable>(_: Choice.Type) -> String
    where Choice.RawValue == String {
        Choice.allCases.map(\.rawValue).joined(separator: ", ")
    }
}
