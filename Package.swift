// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "spectrax",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        .target(name: "Domain", swiftSettings: settings),
        .target(
            name: "Plumbing", dependencies: ["Domain", .product(name: "Logging", package: "swift-log")],
            swiftSettings: settings),
        .systemLibrary(
            name: "CFFmpeg", pkgConfig: "libavformat",
            providers: [
                .apt(["libavformat-dev", "libavdevice-dev", "libswresample-dev", "libswscale-dev"]), .brew(["ffmpeg"]),
            ]),
        .target(name: "FFmpeg", dependencies: ["CFFmpeg", "Domain"], swiftSettings: settings),
        .target(
            name: "Cameras",
            dependencies: [
                "Domain", "FFmpeg", "Plumbing", .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], swiftSettings: settings),
        .systemLibrary(
            name: "CTurboJPEG", pkgConfig: "libturbojpeg",
            providers: [.apt(["libturbojpeg0-dev"]), .brew(["jpeg-turbo"])]),
        .systemLibrary(
            name: "CCairo", pkgConfig: "cairo", providers: [.apt(["libcairo2-dev"]), .brew(["cairo"])]),
        .target(
            name: "Frames",
            dependencies: [
                "CCairo", "CTurboJPEG", "Cameras", "Domain", "FFmpeg", "Plumbing",
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: settings),
        .target(name: "COnnxRuntime", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        .target(
            name: "Detections", dependencies: ["COnnxRuntime", "Domain", "Plumbing"], swiftSettings: settings),
        .target(name: "CCachedRead"),
        .target(
            name: "Store",
            dependencies: ["CCachedRead", "Domain", "Plumbing", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: settings),
        .target(name: "Tracks", dependencies: ["Domain"], swiftSettings: settings),
        .target(name: "Events", dependencies: ["Domain"], swiftSettings: settings),
        .target(
            name: "Recordings",
            dependencies: [
                "Cameras", "Domain", "Events", "FFmpeg", "Frames", "Plumbing",
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: settings),
        .target(
            name: "Access",
            dependencies: [
                "Domain", "Plumbing",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ], swiftSettings: settings),
        .target(
            name: "Streaming",
            dependencies: [
                "Access", "Cameras", "Domain", "FFmpeg", "Plumbing",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], swiftSettings: settings),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "WebAPI",
            dependencies: [
                "CZlib", "Domain", "Plumbing", "Store",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], resources: [.embedInCode("Resources")], swiftSettings: settings),
        .target(name: "Settings", dependencies: ["Domain", "Plumbing", "Yams"], swiftSettings: settings),
        .target(
            name: "Server",
            dependencies: [
                "Access", "Cameras", "Detections", "Domain", "Events", "FFmpeg", "Frames", "Plumbing", "Recordings",
                "Settings", "Store", "Streaming", "Tracks", "WebAPI",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], swiftSettings: settings),
        .systemLibrary(
            name: "CQRencode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"]), .brew(["qrencode"])]),
        .target(
            name: "Commands",
            dependencies: [
                "Access", "CQRencode", "Detections", "Domain", "Plumbing", "Server", "Settings", "Cameras", "FFmpeg",
                "Tracks",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: settings),
        .executableTarget(
            name: "spectrax",
            dependencies: ["Commands", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: settings),
        // Not shipped: measures the store.
        .executableTarget(
            name: "store-bench", dependencies: ["Domain", "Store"], path: "benchmarks/store", swiftSettings: settings),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        .executableTarget(
            name: "LeakWorkload", dependencies: ["Cameras", "Domain", "FFmpeg"], path: "Tests/LeakWorkload",
            swiftSettings: settings),
        // Not shipped: fills a folder for the tests of the clients.
        .executableTarget(
            name: "RecordingsMaker", dependencies: ["Domain", "Store", "TestSupport"], path: "Tests/RecordingsMaker",
            swiftSettings: settings),
        .testTarget(name: "FFmpegTests", dependencies: ["Domain", "FFmpeg", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "CamerasTests",
            dependencies: [
                "Cameras", "Domain", "FFmpeg", "Frames", "Plumbing", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], swiftSettings: settings),
        .testTarget(name: "FramesTests", dependencies: ["CTurboJPEG", "Domain", "Frames"], swiftSettings: settings),
        .testTarget(
            name: "StoreTests", dependencies: ["Domain", "Plumbing", "Store", "TestSupport"], swiftSettings: settings),
        .testTarget(name: "DomainTests", dependencies: ["Domain"], swiftSettings: settings),
        .testTarget(name: "AccessTests", dependencies: ["Access", "Domain", "TestSupport"], swiftSettings: settings),
        // The parsers' fuzz targets; their corpus is run by the tests, and by libFuzzer in scripts/fuzz.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "Access", "Cameras", "Domain", "FFmpeg", "Streaming", .product(name: "NIOCore", package: "swift-nio"),
            ], path: "Tests/Fuzz/Targets", swiftSettings: settings),
        .testTarget(
            name: "StreamingTests",
            dependencies: [
                "Access", "Cameras", "Domain", "FFmpeg", "FuzzTargets", "Plumbing", "Streaming", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], swiftSettings: settings),
        .executableTarget(
            name: "RecorderProbe",
            dependencies: [
                "Cameras", "Domain", "Events", "FFmpeg", "Frames", "Plumbing", "Recordings",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], path: "Tests/RecorderProbe", swiftSettings: settings),
        .testTarget(
            name: "RecordingsTests",
            dependencies: [
                "Cameras", "Domain", "Events", "FFmpeg", "Frames", "Plumbing", "RecorderProbe", "Recordings",
                "TestSupport", .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: settings),
        .testTarget(name: "EventsTests", dependencies: ["Domain", "Events"], swiftSettings: settings),
        .testTarget(name: "TracksTests", dependencies: ["Domain", "Tracks"], swiftSettings: settings),
        .testTarget(name: "SettingsTests", dependencies: ["Domain", "Settings"], swiftSettings: settings),
        .testTarget(
            name: "WebAPITests",
            dependencies: [
                "Domain", "Plumbing", "Store", "TestSupport", "WebAPI",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], swiftSettings: settings),
        .testTarget(
            name: "DetectionsTests", dependencies: ["Detections", "Domain", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "Cameras", "Detections", "Domain", "FFmpeg", "Plumbing", "Server", "Settings", "TestSupport", "WebAPI",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], swiftSettings: settings),
        .testTarget(name: "CommandsTests", dependencies: ["TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "PlumbingTests", dependencies: ["Plumbing", .product(name: "Logging", package: "swift-log")],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)

// Only where libFuzzer is linked (scripts/fuzz): it has the driver that this program calls.
if Context.environment["SPECTRAX_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/Main", swiftSettings: settings))
}
