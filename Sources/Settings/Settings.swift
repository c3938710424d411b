package import Domain

/// What `surveillance.yml` says, checked and with every default filled in. The defaults are written here and only here.
package struct Settings: Sendable {
    package var cameras: [CameraSettings] = []
    package var network = Network()
    package var detection = Detection()
    package var appearance = Appearance()
    package var recording = Recording()
    package var streaming = Streaming()
    package var security = Security()
    package var advanced = Advanced()
    /// Accepted but without effect, or likely not meant.
    package var warnings: [SettingsIssue] = []
    /// The name of the file in messages.
    package var file = "surveillance.yml"
    var positions: [String: SourcePosition] = [:]

    package init() {}

    /// Where the value of a key path such as `detection.filters.classes[1]` stands; nil when the file leaves it out.
    package func position(of keyPath: String) -> SourcePosition? { positions[keyPath] }

    /// An issue about a key path that only shows later, such as a class name that the loaded model does not know.
    package func issue(at keyPath: String, _ message: String) -> SettingsIssue {
        SettingsIssue(file: file, position: positions[keyPath] ?? .start, keyPath: keyPath, message: message)
    }

    package struct Network: Equatable, Sendable {
        package var bind = "127.0.0.1"
        package var apiPort = 3333
        package var corsOrigins = ["*"]
    }

    package struct Detection: Equatable, Sendable {
        package var enabled = true
        package var port = 8080
        /// `auto`, a model's name, or the path of an .onnx file.
        package var model = "auto"
        package var modelsDirectory = ".deps/models"
        package var confidence = 0.4
        /// Detections a second for each camera, above 0 and up to 60.
        package var fps = 5.0
        package var threads = 1
        package var resolution = Resolution()
        package var stream = Stream()
        package var filters = Filters()
        package var tracking = true
        /// The path of the ONNX Runtime library; nil looks in the usual places.
        package var onnxruntime: String?

        /// The upper bound of the picture that viewers get, in pixels; the aspect ratio is kept.
        package struct Resolution: Equatable, Sendable {
            package var width = 960
            package var height = 540
        }

        package struct Stream: Equatable, Sendable {
            package var bufferSize = 10
            package var reconnectInterval = 5.0
        }
    }

    /// Which detections count. Areas are in square pixels.
    package struct Filters: Equatable, Sendable {
        /// Empty means all classes.
        package var classes: [String] = []
        package var minArea: Double?
        package var maxArea: Double?
    }

    package struct Appearance: Equatable, Sendable {
        package var box = Box()
        package var label = Label()

        package struct Box: Equatable, Sendable {
            package var thickness = 2
            package var color = Color.yellow
        }

        package struct Label: Equatable, Sendable {
            package var textScale = 0.5
            package var textThickness = 1
            package var textPadding = 10
            package var position = Position.topLeft
            package var borderRadius = 0
        }

        /// `roboflow` is a palette with one colour for each class.
        package enum Color: String, CaseIterable, Sendable {
            case green, red, blue, yellow, white, black, roboflow
        }

        package enum Position: String, CaseIterable, Sendable {
            case topLeft = "top_left"
            case topCenter = "top_center"
            case topRight = "top_right"
            case centerLeft = "center_left"
            case center
            case centerRight = "center_right"
            case bottomLeft = "bottom_left"
            case bottomCenter = "bottom_center"
            case bottomRight = "bottom_right"
        }
    }

    package struct Recording: Equatable, Sendable {
        package var enabled = true
        package var rules = Rules()
        package var maxClipSeconds = 300.0
        package var maxStorageGB = 10.0
        /// nil: clips are not removed for their age.
        package var maxDays: Double?
        package var minFreeGB = 1.0
        package var directory = "~/video-feed-recordings"
        /// Where a volume must be mounted for anything to be written; empty: nowhere.
        package var mountPoint = ""

        /// What makes an event, and how much is recorded around it; a camera may have its own.
        package struct Rules: Equatable, Sendable {
            package var minConfidence = 0.5
            /// Empty means all classes.
            package var objects: [String] = []
            package var minDurationSeconds = 0.0
            /// Square pixels of the camera's picture.
            package var minArea: Double?
            package var stationarySeconds = 10.0
            package var preBufferSeconds = 10.0
            package var postBufferSeconds = 10.0
        }
    }

    package struct Security: Equatable, Sendable {
        package var useTLS = true
        /// Where the server keeps its credentials and the key of its own certificate.
        package var stateDirectory = "~/.config/spectrax"
        /// Empty paths mean the server's own certificate, made at the first start.
        package var tlsKey = ""
        package var tlsCertificate = ""
    }

    package struct Advanced: Equatable, Sendable {
        package var debug = false
        package var rtspPort = 8554
        package var rtspsPort = 8322
        package var hlsPort = 8888
        package var maxDetectors = 10
        package var threadPoolSize = 3
    }
}

/// One camera, with what it overrides of the detection settings already worked in.
package struct CameraSettings: Sendable {
    package enum Transport: String, CaseIterable, Sendable { case tcp, udp }

    package var path: StreamPath
    /// nil: the stream is published to this server.
    package var source: CameraURL?
    /// The path of a `file:` source, resolved against the directory of the settings file.
    package var sourceFile: String?
    package var name: String
    package var loop = Defaults().loop
    package var enabled = Defaults().enabled
    package var transport = Defaults().transport
    package var onDemand = Defaults().onDemand
    package var onDemandCloseSeconds = Defaults().onDemandCloseSeconds
    package var detection: Detection
    package var recording: Recording

    struct Defaults {
        let loop = true
        let enabled = true
        let transport = Transport.tcp
        let onDemand = false
        let onDemandCloseSeconds = 10.0
    }

    package struct Detection: Equatable, Sendable {
        package var enabled: Bool
        package var fps: Double
        package var confidence: Double
        package var filters: Settings.Filters
    }

    package struct Recording: Equatable, Sendable {
        package var enabled: Bool
        package var rules: Settings.Recording.Rules
        /// What this camera's clips may take of the whole; nil: no more than all.
        package var maxStorageGB: Double?
    }
}
