internal import Access
internal import Domain
internal import NIOCore
internal import Streaming

extension FuzzTarget {
    func describe(_ bytes: UnsafeRawBufferPointer) {
        guard let description = try? SessionDescription(parsing: bytes) else { return }
        require((1...SessionDescription.maximumMedia).contains(description.media.count), "media are bounded")
        for media in description.media {
            require(media.setUpData.count <= 16 << 10, "set-up data are bounded")
            require(media.clockRate > 0 && (1...64).contains(media.channels), "rates and channels are sane")
            _ = Depacketizer(media)
        }
    }

    /// A byte that says in how large parts the rest arrives.
    func converse(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first, let path = try? StreamPath("video/a") else { return }
        let step = Int(first) + 1
        var decoder = RTSPDecoder()
        var session = RTSPSession(id: "12345678")
        var rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
        while !rest.isEmpty {
            decoder.append(ByteBuffer(bytes: rest.prefix(step)))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(step))
            do {
                while let item = try decoder.next() {
                    if case .request(let request) = item { answer(request, &session, path) }
                }
            } catch {
                return
            }
            require(decoder.waitingBytes <= 1 << 17, "what waits is bounded")
        }
    }

    private func answer(_ request: RTSPRequest, _ session: inout RTSPSession, _ path: StreamPath) {
        _ = RTSPAddress(request.uri)?.suffix(behind: path.rawValue)
        for offer in TransportOffer.offers(in: request.header("transport") ?? "") {
            if case .interleaved(.some(let channel)) = offer.way { require(channel < 255, "channels come in pairs") }
        }
        let step = session.receive(request) { address in
            address.suffix(behind: path.rawValue).map { (path, $0) }
        }
        switch step {
        case .announce(let path, let description): session.confirmAnnounce(path, description)
        case .setUp(let path, let track, _):
            session.confirmSetUp(path, track: track, .interleaved(channel: UInt8(truncatingIfNeeded: 2 * track)))
        case .play: session.confirmPlay()
        case .record: session.confirmRecord()
        case .pause: session.confirmPause()
        case .respond, .describe, .tearDown: break
        }
    }

    func authorize(_ bytes: UnsafeRawBufferPointer) {
        guard let path = try? StreamPath("video/a") else { return }
        var configuration = AccessControl.Configuration()
        configuration.allowsBasicWithoutTLS = true
        let access = AccessControl(
            Credentials(
                publisher: .init(username: "publisher", password: "0123456789abcdef"),
                viewer: .init(username: "viewer", password: "fedcba9876543210")), configuration: configuration,
            now: { 1 })
        let decision = access.check(
            authorization: String(decoding: bytes, as: UTF8.self), method: "PLAY", uri: "rtsp://h/video/a", path: path,
            right: .publish, isSecure: false, peer: "10.0.0.1")
        if case .allowed = decision { require(false, "nobody guesses the password") }
    }
}
