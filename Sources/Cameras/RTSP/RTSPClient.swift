internal import Domain
internal import FFmpeg
private import Foundation

/// Plays a camera's stream by RTSP 1.0 with its media interleaved in the one TCP connection (RFC 2326).
///
/// libav's own client asks the kernel six times for each RTP packet; this one reads whatever has arrived at once, which
/// halves what a camera costs. The RTP packets go to libav, which takes the media out of them.
/// Belongs to the camera's thread.
final class RTSPClient: RTPFeed {
    /// What the server says, or does not, makes it none that this client can play.
    struct Unsupported: Error, CustomStringConvertible {
        let description: String
    }

    private static let readSize = 128 << 10
    private static let defaultSessionSeconds = 60.0
    /// How late packets may be, when somebody looks on and when nobody does.
    private static let liveDelaySeconds = 0.01
    private static let idleDelaySeconds = 0.1

    private let connection: TCPConnection
    private let subject: String
    private let interrupt: Interrupt
    private let isWatched: () -> Bool
    private let credentials: (user: String, password: String)?
    private var authentication: RTSPAuthentication?
    private var input = RTSPInput()
    private var sequence = 0
    private var session: String?
    private var url: String
    private var keepAliveMethod = "OPTIONS"
    private var keepAliveSeconds = RTSPClient.defaultSessionSeconds / 2
    private var lastRequestAt = 0.0
    /// Number of the sign of life that may be repeated with new credentials.
    private var repeatable: Int?
    private var isPlaying = false

    /// The SDP of the media that play, for the demuxer.
    private(set) var description = ""

    /// Connects and starts playing.
    ///
    /// - Parameter isWatched: whether anybody needs the packets at once; asked before each read.
    /// - Throws: `FFmpegError` when the camera cannot be reached or refuses; `Unsupported`.
    init(
        _ address: CameraURL, interrupt: Interrupt, timeoutSeconds: Double, isWatched: @escaping () -> Bool
    ) throws {
        guard let parts = URLComponents(string: address.text), let host = parts.host else {
            throw Unsupported(description: "the address cannot be taken apart")
        }
        subject = address.redacted
        self.interrupt = interrupt
        self.isWatched = isWatched
        credentials = parts.user.map { ($0, parts.password ?? "") }
        var bare = parts
        bare.user = nil
        bare.password = nil
        url = bare.string ?? ""
        let port = parts.port ?? 554
        let subject = subject
        let plainHost = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        connection = try interrupt.limited(toSeconds: timeoutSeconds) { () throws(FFmpegError) in
            try TCPConnection(host: plainHost, port: port, subject: subject, interrupt: interrupt)
        }
        try withLimit(timeoutSeconds) { try self.play() }
    }

    deinit {
        // A farewell, if it can be said without waiting; the server notices the end of the connection anyhow.
        try? connection.write(Array(request("TEARDOWN", url).utf8))
    }

    /// `Interrupt.limited` for a body that throws more than `FFmpegError`.
    private func withLimit(_ seconds: Double, _ body: () throws -> Void) throws {
        var other: (any Error)?
        try interrupt.limited(toSeconds: seconds) { () throws(FFmpegError) in
            do {
                try body()
            } catch let error as FFmpegError {
                throw error
            } catch {
                other = error
            }
        }
        if let other { throw other }
    }

    // MARK: Playing

    func nextPacket(into buffer: UnsafeMutableRawBufferPointer) throws(FFmpegError) -> Int? {
        while true {
            while let item = try nextWhilePlaying() {
                if case .response(let response) = item { try repeatKeepAlive(response) }
                guard case .frame(_, let range) = item, range.count <= buffer.count, !range.isEmpty else { continue }
                input.bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[range])) }
                return range.count
            }
            try keepAlive()
            guard try receive() else { return nil }
        }
    }

    private func nextWhilePlaying() throws(FFmpegError) -> RTSPInput.Item? {
        do {
            return try input.next()
        } catch {
            throw FFmpegError(.invalidData, call: "RTSP", subject: subject, reason: "the server sent \(error)")
        }
    }

    /// - Returns: whether bytes came; false at the end of the connection.
    private func receive() throws(FFmpegError) -> Bool {
        // A camera that sends anything but pictures never lets a read wait, which is where time is kept otherwise.
        guard !interrupt.shouldStop else {
            throw FFmpegError(.timedOut, call: "recv", subject: subject, reason: "no picture came in time")
        }
        let connection = connection
        let delay = isPlaying ? isWatched() ? Self.liveDelaySeconds : Self.idleDelaySeconds : 0
        var failure: FFmpegError?
        let count = input.append(upTo: Self.readSize) { buffer in
            do throws(FFmpegError) {
                return try connection.read(into: buffer, delaySeconds: delay)
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return count > 0
    }

    /// Sends a sign of life at half the session's timeout.
    private func keepAlive() throws(FFmpegError) {
        let now = ProcessInfo.processInfo.systemUptime
        guard now - lastRequestAt >= keepAliveSeconds else { return }
        lastRequestAt = now
        try connection.write(Array(request(keepAliveMethod, url).utf8))
        repeatable = sequence
    }

    /// What the server answers to a sign of life does not matter, unless the nonce has grown old: then it is repeated with the
    /// new one, once.
    private func repeatKeepAlive(_ response: RTSPResponse) throws(FFmpegError) {
        guard let number = repeatable, response.status == 401,
            response.header("cseq").flatMap({ Int($0) }) ?? number == number, takeUp(response)
        else { return }
        repeatable = nil
        try connection.write(Array(request(keepAliveMethod, url).utf8))
    }

    // MARK: Setting up

    private func play() throws {
        let options = try? exchange("OPTIONS", url)
        if interrupt.shouldStop {
            throw FFmpegError(.cancelled, call: "OPTIONS", subject: subject, reason: "interrupted")
        }
        if options?.header("public")?.uppercased().contains("GET_PARAMETER") == true {
            keepAliveMethod = "GET_PARAMETER"
        }
        let described = try succeed("DESCRIBE", url, ["Accept: application/sdp"])
        guard described.body.count <= SessionDescription.maximumBytes else {
            throw Unsupported(description: "a description of \(described.body.count) bytes")
        }
        let sdp = SessionDescription(described.body)
        let base = contentBase(described)
        let chosen = try choose(sdp)
        for (index, media) in chosen.enumerated() {
            let control = SessionDescription.url(of: media.control, base: base)
            let answer = try succeed(
                "SETUP", control,
                ["Transport: RTP/AVP/TCP;unicast;interleaved=\(2 * index)-\(2 * index + 1)"])
            guard let given = answer.header("session") else {
                throw Unsupported(description: "SETUP without a session")
            }
            takeSession(given)
        }
        description = sdp.text(of: chosen)
        url = SessionDescription.url(of: sdp.control, base: base)
        _ = try succeed("PLAY", url, ["Range: npt=0.000-"])
        isPlaying = true
    }

    /// The first video and the first audio.
    private func choose(_ sdp: SessionDescription) throws -> [SessionDescription.Media] {
        let chosen = ["video", "audio"].compactMap { kind in sdp.media.first { $0.kind == kind } }
        guard chosen.first?.kind == "video" else {
            throw FFmpegError(.invalidData, call: "DESCRIBE", subject: subject, reason: "there is no video in it")
        }
        // libav tells media apart by their payload types.
        guard Set(chosen.flatMap(\.formats)).count == chosen.flatMap(\.formats).count else {
            throw Unsupported(description: "video and audio with the same payload type")
        }
        return chosen
    }

    /// What relative control URLs are relative to. Cameras send it without a scheme, or leave it out.
    private func contentBase(_ response: RTSPResponse) -> String {
        for name in ["content-base", "content-location"] {
            if let base = response.header(name), base.lowercased().hasPrefix("rtsp://") { return base }
        }
        return url
    }

    /// `Session: 12345678;timeout=60`; some cameras change it from SETUP to SETUP.
    private func takeSession(_ header: String) {
        let parts = header.split(separator: ";").map(\.trimmed)
        session = parts.first
        for part in parts.dropFirst() where part.lowercased().hasPrefix("timeout=") {
            if let seconds = Double(part.dropFirst("timeout=".count)), (2...86_400).contains(seconds) {
                keepAliveSeconds = seconds / 2
            }
        }
    }

    /// Like `exchange`, for requests without which there is no playing.
    private func succeed(_ method: String, _ url: String, _ headers: [String] = []) throws -> RTSPResponse {
        let response = try exchange(method, url, headers)
        guard response.status == 200 else {
            let code: FFmpegError.Code =
                switch response.status {
                case 401, 403: .unauthorized
                case 404: .notFound
                case 300..<400, 461: .other
                default: .invalidData
                }
            if (300..<400).contains(response.status) || response.status == 461 {
                throw Unsupported(description: "\(method) answered \(response.status)")
            }
            throw FFmpegError(
                code, call: method, subject: subject,
                reason: "the camera answered \(response.status) \(response.reason)")
        }
        return response
    }

    /// Sends a request and waits for its response; answers a demand for credentials once.
    private func exchange(_ method: String, _ url: String, _ headers: [String] = []) throws -> RTSPResponse {
        let response = try send(method, url, headers)
        guard response.status == 401, takeUp(response) else { return response }
        return try send(method, url, headers)
    }

    /// Answers a demand for credentials from now on.
    ///
    /// - Returns: false when there are none, or it is for something that is not spoken here.
    private func takeUp(_ demand: RTSPResponse) -> Bool {
        guard let credentials,
            let answer = RTSPAuthentication(
                challenges: demand.headers("www-authenticate"), user: credentials.user, password: credentials.password)
        else { return false }
        authentication = answer
        return true
    }

    private func send(_ method: String, _ url: String, _ headers: [String]) throws -> RTSPResponse {
        lastRequestAt = ProcessInfo.processInfo.systemUptime
        try connection.write(Array(request(method, url, headers).utf8))
        let wanted = sequence
        while true {
            while let item = try next() {
                // Media that comes before the answer to PLAY is lost; so is what answers something else.
                guard case .response(let response) = item else { continue }
                if let number = response.header("cseq").flatMap({ Int($0) }), number != wanted { continue }
                if response.status == 100 { continue }
                return response
            }
            guard try receive() else {
                throw FFmpegError(
                    .unreachable, call: method, subject: subject, reason: "the camera closed the connection")
            }
        }
    }

    private func next() throws -> RTSPInput.Item? {
        do {
            return try input.next()
        } catch {
            throw Unsupported(description: "the server sent \(error)")
        }
    }

    private func request(_ method: String, _ url: String, _ headers: [String] = []) -> String {
        sequence += 1
        var lines = ["\(method) \(url) RTSP/1.0", "CSeq: \(sequence)", "User-Agent: SpectraX"]
        if let session { lines.append("Session: \(session)") }
        if let line = authentication?.header(method: method, url: url) { lines.append("Authorization: \(line)") }
        return (lines + headers).map { $0 + "\r\n" }.joined() + "\r\n"
    }
}
