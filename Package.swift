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
    targets: [
        .target(name: "Domain", swiftSettings: settings),
        .target(name: "Plumbing", dependencies: ["Domain"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
