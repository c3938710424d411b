import Foundation
import Testing

@testable import Settings

struct StreamingSettingsTests {
    @Test(arguments: [
        ("streaming: {rtp_port: 8001}", "streaming.rtp_port: 8001 is not even"),
        ("streaming: {rtsp_port: 70000}", "streaming.rtsp_port: 70000 is not between 0 and 65535"),
        ("streaming: {rtsp_port: -1}", "streaming.rtsp_port: -1 is not between 0 and 65535"),
        ("streaming: {slow_reader_timeout_seconds: 0}", "0 is not between 1 and 60"),
        ("streaming: {anonymous_read: nobody}", "streaming.anonymous_read: "),
        ("streaming: {anonymous: true}", "streaming.anonymous: unknown key"),
        ("streaming: {rtsp_port: 8080}", "s.yml:2:24: streaming.rtsp_port: 8080 is the port of detection.port as well"),
        (
            "streaming: {rtsps_port: 8554}",
            "s.yml:2:25: streaming.rtsps_port: 8554 is the port of streaming.rtsp_port as well"
        ),
        ("detection: {port: 8322}", "s.yml:2:19: detection.port: 8322 is the port of streaming.rtsps_port as well"),
        ("advanced: {mediamtx: {rtsp_port: 8080}}", "detection.port"),
        (
            "streaming: {rtsp_port: 1554}\nadvanced: {mediamtx: {rtsp_port: 2554}}",
            "advanced.mediamtx.rtsp_port: 2554 is not the 1554 of streaming.rtsp_port"
        ),
        ("streaming: {rights: {paths: [a]}}", "streaming.rights: "),
        ("streaming: {rights: [a]}", "streaming.rights[0]: a is not a map"),
        // A rule that is not one must not vanish, nor one for nobody by a typing mistake.
        ("streaming: {rights: [{read: [viewer]}]}", "streaming.rights[0].paths: it is needed"),
        ("streaming: {rights: [{}]}", "streaming.rights[0].paths: it is needed"),
        ("streaming: {rights: [{paths: []}]}", "streaming.rights[0].paths: it is needed"),
        ("streaming: {rights: [{paths: a}]}", "streaming.rights[0].paths: "),
        (
            "streaming: {rights: [{paths: [a], read: [veiwer]}]}",
            "s.yml:2:42: streaming.rights[0].read[0]: veiwer is not one of publisher, viewer, anyone"
        ),
        ("streaming: {rights: [{paths: [a], publish: [\"*\"]}]}", "streaming.rights[0].publish[0]: * is not one of"),
        ("streaming: {rights: [{paths: [a], write: [anyone]}]}", "streaming.rights[0].write: unknown key"),
        ("security: {tls_key: a.pem}", "security.tls_key: security.tls_cert is needed as well"),
        ("security: {state_dir: \"\"}", "security.state_dir: it is empty"),
    ])
    func mistakesAreNamed(_ yaml: String, _ message: String) {
        let said = errors("cameras: [a]\n\(yaml)\n")
        #expect(said.contains(message), "\(said)")
    }

    @Test func withoutTheSectionItIsOnAndClosed() throws {
        let streaming = try Settings(yaml: "cameras: [a]\n", file: "s.yml").streaming
        #expect(streaming.enabled)
        #expect((streaming.rtspPort, streaming.rtspsPort, streaming.rtpPort) == (8554, 8322, 8000))
        #expect(!streaming.anonymousRead && !streaming.allowsBasicWithoutTLS)
        #expect(streaming.rights.isEmpty)
        #expect(streaming.slowReaderTimeoutSeconds == 5)
    }

    @Test(arguments: [
        "streaming: {rtsp_port: 0, rtsps_port: 0, rtp_port: 0}", "streaming: {enabled: false, rtsp_port: 8080}",
        "security: {use_tls: false}\nstreaming: {rtsp_port: 8322}", "detection: {port: 8000}",
        "streaming: {rights: []}",
    ])
    func portsThatDoNotMeetAreInOrder(_ yaml: String) {
        #expect(errors("cameras: [a]\n\(yaml)\n") == "")
    }

    @Test func theNamesOfThePythonVersionAreUnderstood() throws {
        let settings = try Settings(
            yaml: """
                cameras: [a]
                streaming: {rtsps_port: 9322}
                advanced: {mediamtx: {rtsp_port: 9554, rtsps_port: 9322, hls_port: 8888}}
                """, file: "s.yml")
        #expect(settings.streaming.rtspPort == 9554)
        #expect(settings.streaming.rtspsPort == 9322)
        let warnings = settings.warnings.map(\.description).joined(separator: "\n")
        #expect(warnings.contains("s.yml:3:34: advanced.mediamtx.rtsp_port: its new name is streaming.rtsp_port"))
        #expect(
            warnings.contains("advanced.mediamtx.hls_port: has no effect: HLS is served on detection.port, at /hls/"))
    }

    @Test func rightsKeepTheirOrder() throws {
        let settings = try Settings(
            yaml: """
                cameras: [a]
                streaming:
                  rights:
                    - {paths: [video/secret, "x*"], publish: [publisher]}
                    - paths: ["*"]
                      read: [anyone, viewer]
                """, file: "s.yml")
        #expect(
            settings.streaming.rights == [
                .init(paths: ["video/secret", "x*"], publish: ["publisher"], read: []),
                .init(paths: ["*"], publish: [], read: ["anyone", "viewer"]),
            ])
    }
}
