import Foundation
import TestSupport
import Testing

/// A server that was started as a user does.
private final class Server: Sendable {
    let port: Int
    private let process: Process
    private let output: URL
    private let errors: URL

    /// - Parameters:
    ///   - settings: what the settings file begins with; `detection` comes behind it.
    ///   - recordings: its folder; nil for one in `folder`.
    ///   - limits: shell commands that go before the program.
    init(
        in folder: URL, settings: String, port: Int, detects: Bool = false, recordings: URL? = nil, limits: String = ""
    ) throws {
        let recordings = recordings ?? folder.appending(path: "recordings")
        self.port = port
        output = folder.appending(path: "output.log")
        errors = folder.appending(path: "errors.log")
        try Data(
            """
            \(settings)
            detection:
              port: \(port)
              enabled: \(detects)
              models_dir: \(models)
            recording: {recordings_dir: "\(recordings.path)"}
            streaming: {rtsp_port: 0, rtsps_port: 0, rtp_port: 0}
            security: {state_dir: "\(folder.path)/state"}
            """.utf8
        ).write(to: folder.appending(path: "surveillance.yml"))
        process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "\(limits) exec \"$0\" run", binary.path]
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        for file in [output, errors] { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    var said: String {
        [output, errors].map { (try? String(contentsOf: $0, encoding: .utf8)) ?? "" }.joined()
    }

    var isRunning: Bool { process.isRunning }
    var processIdentifier: Int32 { process.processIdentifier }
    /// nil while it runs.
    var exitStatus: Int32? { process.isRunning ? nil : process.terminationStatus }
    func terminate(_ signal: Int32 = SIGTERM) { if process.isRunning { kill(process.processIdentifier, signal) } }

    func get(_ path: String) async throws -> String {
        let url = try #require(URL(string: "http://127.0.0.1:\(port)\(path)"))
        return try await onThread { try String(contentsOf: url, encoding: .utf8) }
    }
}

@Suite(.serialized) struct RunTests {
    private let secretive = """
        cameras:
          - path: video/dead
            source: "rtsp://admin:hunter2@127.0.0.1:9/x?token=hunter2"
          - path: video/web
            source: "http://admin:hunter2@127.0.0.1:9/x?token=hunter2"
          - path: video/file
            source: "file:pattern.mp4"
        """

    @Test func idleConnectionsLeaveFilesForTheRest() async throws {
        try await withTemporaryDirectory { folder in
            let server = try Server(
                in: folder, settings: "cameras: [{path: video/dead, source: \"rtsp://127.0.0.1:9/\"}]",
                port: try freePort(),
                limits: "ulimit -Sn 100; ulimit -Hn 700;")
            #expect(await eventually(within: 20) { server.said.contains("is running") })
            let port = try #require(server.said.firstMatch(of: /rtsps:\/\/[^\/]*:(\d+)\//).flatMap { Int($0.1) })
            try await onThread {
                var idle: [Int32] = []
                defer { for descriptor in idle { close(descriptor) } }
                for _ in 1...500 { idle.append(try connectOnLoopback(port: port, patienceSeconds: 10)) }
                // With the system's limit of 100 nothing would be left to answer with.
                let url = try #require(URL(string: "http://127.0.0.1:\(server.port)/healthz"))
                #expect(try String(contentsOf: url, encoding: .utf8) == #"{"status":"ok"}"#)
            }
            server.terminate()
            #expect(await eventually(within: 20) { server.exitStatus == 0 })
        }
    }

    @Test func aSecondServerLeavesTheClipsOfTheFirstAlone() async throws {
        try await withTemporaryDirectory { folder in
            let camera = "cameras: [{path: video/dead, source: \"rtsp://127.0.0.1:9/\"}]"
            let first = try Server(in: folder, settings: camera, port: try freePort(), detects: true)
            #expect(await eventually(within: 20) { first.said.contains("is running") })
            let recordings = folder.appending(path: "recordings")
            let growing = recordings.appending(path: "video-dead_2026-10-12_19-05-30.mp4.part")
            try Data("not much yet".utf8).write(to: growing)

            let other = folder.appending(path: "other")
            try FileManager.default.createDirectory(at: other, withIntermediateDirectories: false)
            let second = try Server(
                in: other, settings: camera, port: try freePort(), detects: true, recordings: recordings)
            #expect(await eventually(within: 20) { second.exitStatus == 1 })
            #expect(second.said.contains("another server records into it; each needs a recording.recordings_dir"))
            #expect(FileManager.default.fileExists(atPath: growing.path) && first.isRunning)

            let beside = try await spectrax("doctor", in: folder)
            #expect(beside.status == 0 && beside.output.contains("All is in order."), "\(beside)")
            first.terminate(SIGKILL)
            #expect(await eventually(within: 20) { first.exitStatus != nil })
            let after = try await spectrax("doctor", in: folder)
            #expect(after.status == 1 && after.output.contains("is a clip that was not finished"), "\(after)")
        }
    }

    @Test func theServerRunsAnswersAndEndsOnSIGTERM() async throws {
        try await withTemporaryDirectory { folder in
            _ = try Footage.testPattern(in: folder, seconds: 2)
            let server = try Server(in: folder, settings: secretive, port: try freePort(), detects: true)
            #expect(await eventually(within: 20) { server.said.contains("is running") })
            #expect(server.said.contains("  page      http://127.0.0.1:\(server.port)/\n"))
            #expect(server.said.contains("  camera    http://127.0.0.1:\(server.port)/video/stream?path=video/file\n"))
            #expect(try await server.get("/healthz") == #"{"status":"ok"}"#)
            var status = ""
            #expect(
                try await eventually(within: 20) {
                    status = try await server.get("/status")
                    return status.contains("Connection refused")
                        && status.components(separatedBy: #""state":"running""#).count == 3
                }, "\(status)")
            #expect(status.contains("rtsp:\\/\\/***@127.0.0.1:9") || status.contains("rtsp://***@127.0.0.1:9"))
            #expect(server.said.contains("camera lost"))
            let log = try await server.get("/api/log?level=info")
            #expect(log.contains(#""message":"camera lost""#) && log.contains("***@127.0.0.1:9"))
            #expect(!(status + server.said + log).contains("hunter2"), "a password is in the status or the log")

            // On a thread, so that tests beside this one do not count.
            let seconds = try await onThread {
                let asked = ContinuousClock.now
                server.terminate()
                while server.isRunning, ContinuousClock.now - asked < .seconds(20) { usleep(10_000) }
                return (ContinuousClock.now - asked) / .seconds(1)
            }
            #expect(server.exitStatus == 0)
            // An open clip is completed before.
            #expect(seconds < 5)
            #expect(!server.said.contains("hunter2"))
        }
    }

    @Test(.enabled(if: listeningSockets() != nil)) func itListensOnTheAddressOfTheSettingsOnly() async throws {
        try await withTemporaryDirectory { folder in
            let server = try Server(in: folder, settings: "cameras: [video/phone]", port: try freePort())
            #expect(await eventually(within: 20) { server.said.contains("is running") })
            let suffix = ":" + String(format: "%04X", server.port)
            // The system's table may lack a line while other sockets come and go.
            let web = { listeningSockets(of: server.processIdentifier)?.filter { $0.hasSuffix(suffix) } }
            #expect(await eventually { web() == ["0100007F\(suffix)"] })
            // HTTP, RTSP and RTSPS, and the pair of RTP and RTCP.
            var all: [String] = []
            #expect(
                await eventually {
                    all = listeningSockets(of: server.processIdentifier) ?? []
                    return all.count == 5
                }, "\(all)")
            #expect(all.allSatisfy { $0.hasPrefix("0100007F:") }, "\(all)")
        }
    }

    @Test func wherePhonesPublishIsToldAsTheGreetingDoes() async throws {
        try await withTemporaryDirectory { folder in
            let server = try Server(in: folder, settings: "cameras: [video/phone]", port: try freePort())
            #expect(await eventually(within: 20) { server.said.contains("is running") })
            let answer = try await server.get("/api/publish")
            let greeted = server.said.matches(of: /(?:publish|       ) +(rtsps?:\/\/127\.0\.0\.1:\d+\/video\/phone)/)
            #expect(greeted.count == 2)
            #expect(answer.contains("\"urls\":[" + greeted.map { "\"\($0.1)\"" }.joined(separator: ",") + "]"))
            // A phone gets the encrypted one.
            let first = try #require(greeted.first).1
            #expect(first.hasPrefix("rtsps://"))
            let unreserved = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "."))
            let url = try #require(first.addingPercentEncoding(withAllowedCharacters: unreserved))
            #expect(answer.contains("larix://set/v1?conn%5B%5D%5Burl%5D=\(url)&"))
            let credentials = try await spectrax("credentials", in: folder).output.split(whereSeparator: \.isWhitespace)
            #expect(!answer.contains(try #require(credentials.last)))
            #expect(answer.contains(#""known":true"#) && answer.contains(#""local":true"#))
            #expect(answer.contains(#""credentials_command":"spectrax credentials show""#))
            #expect(try await server.get("/api/publish?path=video/other").contains(#""known":false"#))
        }
    }

    @Test func strangersAreNotToldWhichCamerasThereAre() async throws {
        try await withTemporaryDirectory { folder in
            let server = try Server(in: folder, settings: "cameras: [video/phone]", port: try freePort())
            #expect(await eventually(within: 20) { server.said.contains("is running") })
            let address = try #require(server.said.firstMatch(of: /rtsp:\/\/(127\.0\.0\.1:\d+)\/video\/phone/)).1
            let passwords = try await spectrax("credentials", in: folder).output.split(whereSeparator: \.isWhitespace)
            let viewer = try #require(passwords.last)
            func ask(_ url: String) async throws -> String {
                try await onThread { try Program.outcome(of: ["ffprobe", "-v", "error", url]).errors }
            }
            for path in ["video/phone", "video/none", "video/phone/none"] {
                #expect(try await ask("rtsp://\(address)/\(path)").contains("401 Unauthorized"), "\(path)")
            }
            // Nobody publishes to it, and there is no other.
            for path in ["video/phone", "video/none"] {
                #expect(
                    try await ask("rtsp://viewer:\(viewer)@\(address)/\(path)").contains("404 Not Found"), "\(path)")
            }
        }
    }

    @Test func newCredentialsReachTheRunningServerAndNoPasswordIsSaid() async throws {
        try await withTemporaryDirectory { folder in
            let server = try Server(in: folder, settings: "cameras: [video/phone]", port: try freePort())
            #expect(await eventually(within: 20) { server.said.contains("is running") })
            let first = try await spectrax("credentials", in: folder).output
            #expect(server.said.contains("rtsps://127.0.0.1:"))
            #expect(server.said.contains("/video/phone"))
            #expect(server.said.contains("spectrax credentials show"))
            let second = try await spectrax("credentials", "reset", in: folder).output
            #expect(first != second)
            #expect(await eventually(within: 20) { server.said.contains("the credentials were changed") })
            try Data("{".utf8).write(to: folder.appending(path: "state/credentials.json"))
            #expect(await eventually(within: 20) { server.said.contains("cannot be used, the old ones go on") })
            let passwords = (first + second).split(whereSeparator: \.isWhitespace).filter { $0.count > 20 }
            #expect(passwords.count == 4)
            #expect(!passwords.contains { server.said.contains($0) }, "a password is in the log")
        }
    }

    @Test func aPortInUseIsNamedWithItsKey() async throws {
        try await withTemporaryDirectory { folder in
            let other = try SilentListener()
            let server = try Server(in: folder, settings: "cameras: [video/phone]", port: other.port)
            #expect(await eventually(within: 20) { server.exitStatus == 1 })
            let message =
                "surveillance.yml:3:9: detection.port: 127.0.0.1:\(other.port) is already in use: stop the other program or set another port\n"
            #expect(server.said.hasSuffix(message), "\(server.said)")
        }
    }

    @Test(arguments: [
        ("192.0.2.1", "this machine has no such address\n"), ("no-such-host.invalid", "the host name is unknown\n"),
    ])
    func anAddressThatCannotBeHadIsNamedWithItsKey(_ address: String, _ reason: String) async throws {
        try await withTemporaryDirectory { folder in
            let port = try freePort()
            let server = try Server(
                in: folder, settings: "cameras: [video/phone]\nnetwork: {bind: \(address)}", port: port)
            #expect(await eventually(within: 20) { server.exitStatus == 1 })
            // Any of the ports may be the first to be tried.
            #expect(server.said.contains("surveillance.yml:2:17: network.bind: cannot listen on \(address):"))
            #expect(server.said.hasSuffix(": \(reason)"), "\(server.said)")
        }
    }

    @Test func certificateFilesThatAreNotThereAreNamed() async throws {
        try await withTemporaryDirectory { folder in
            let yaml = """
                cameras: [video/phone]
                detection: {enabled: false, port: \(try freePort())}
                recording: {recordings_dir: recordings}
                security: {state_dir: state, tls_cert: /none, tls_key: /none2}
                """
            try Data(yaml.utf8).write(to: folder.appending(path: "surveillance.yml"))
            let outcome = try await spectrax("run", in: folder)
            #expect(outcome.status == 1)
            let expected = """
                surveillance.yml:4:40: security.tls_cert: there is no file /none
                surveillance.yml:4:56: security.tls_key: there is no file /none2

                """
            #expect(outcome.errors.hasSuffix(expected), "\(outcome.errors)")
        }
    }

    @Test func withoutSettingsItShowsAnExample() async throws {
        try await withTemporaryDirectory { folder in
            let outcome = try await spectrax("run", in: folder)
            #expect(outcome.status == 78)
            #expect(outcome.errors.hasPrefix("surveillance.yml:1:1: there is no such file. Create it with these lines"))
            #expect(outcome.errors.contains("  - path: video/front-door\n"))
        }
    }
}
