package import Domain

/// What one RTSP connection has agreed on, as a state machine: takes requests, says what to do. No I/O, no clock.
///
/// What may fail outside (a camera that is not there, a path in use) is told back by `confirm…`.
package struct RTSPSession: Sendable {
    package enum Role: Sendable, Hashable {
        case publisher(StreamPath, SessionDescription)
        case player(StreamPath)
    }

    package enum State: Sendable, Hashable { case initial, ready, playing, recording }

    /// What the connection has to do about a request.
    package enum Step: Sendable, Hashable {
        case respond(RTSPResponse)
        case describe(StreamPath)
        case announce(StreamPath, SessionDescription)
        /// Choose a transport for a media, then `confirmSetUp`.
        case setUp(StreamPath, track: Int, [TransportOffer])
        case play(StreamPath)
        case record(StreamPath, SessionDescription)
        case pause
        case tearDown
    }

    /// More media than any session has here.
    private static let maximumTracks = SessionDescription.maximumMedia

    package let id: String
    /// After so long without a sign of life the session ends (RFC 2326, section 12.37).
    package let timeoutSeconds: Int
    package private(set) var state = State.initial
    package private(set) var role: Role?
    /// By number of the media.
    package private(set) var transports: [Int: StreamTransport] = [:]

    package init(id: String, timeoutSeconds: Int = usualTimeoutSeconds) {
        self.id = id
        self.timeoutSeconds = timeoutSeconds
    }

    /// - Parameter resolve: finds the stream that a path names, and what stands behind it.
    package mutating func receive(
        _ request: RTSPRequest, resolve: (RTSPAddress) -> (path: StreamPath, rest: String)?
    ) -> Step {
        guard request.header("cseq") != nil else { return .respond(RTSPResponse(.badRequest)) }
        if let required = request.header("require") {
            return .respond(RTSPResponse(.optionNotSupported, [RTSPHeader("Unsupported", required)]))
        }
        if let session = request.header("session"), session.prefix(while: { $0 != ";" }).trimmed != id || role == nil {
            return .respond(RTSPResponse(.noSession))
        }
        switch request.method {
        case "OPTIONS": return .respond(RTSPResponse(.ok, [Self.methods]))
        case "GET_PARAMETER", "SET_PARAMETER": return .respond(RTSPResponse(.ok, role == nil ? [] : [sessionHeader]))
        case "DESCRIBE": return describe(request, resolve)
        case "ANNOUNCE": return announce(request, resolve)
        case "SETUP": return setUp(request, resolve)
        case "PLAY": return play()
        case "RECORD": return record()
        case "PAUSE":
            guard state != .initial else { return .respond(RTSPResponse(.invalidState)) }
            return .pause
        case "TEARDOWN":
            guard role != nil else { return .respond(RTSPResponse(.noSession)) }
            return .tearDown
        default: return .respond(RTSPResponse(.notImplemented, [Self.methods]))
        }
    }

    package static let usualTimeoutSeconds = 60

    package var sessionHeader: RTSPHeader { RTSPHeader("Session", "\(id);timeout=\(timeoutSeconds)") }

    package static let methods = RTSPHeader(
        "Public",
        "OPTIONS, DESCRIBE, ANNOUNCE, SETUP, PLAY, RECORD, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN")

    // MARK: What has been done

    package mutating func confirmAnnounce(_ path: StreamPath, _ description: SessionDescription) {
        role = .publisher(path, description)
    }

    package mutating func confirmSetUp(_ path: StreamPath, track: Int, _ transport: StreamTransport) {
        if role == nil { role = .player(path) }
        transports[track] = transport
        state = .ready
    }

    package mutating func confirmPlay() { state = .playing }
    package mutating func confirmRecord() { state = .recording }
    package mutating func confirmPause() { state = .ready }

    /// The number of the media whose packets come on an interleaved channel, and whether they are RTCP.
    package func track(ofChannel channel: UInt8) -> (track: Int, isReport: Bool)? {
        for (track, transport) in transports {
            guard case .interleaved(let own) = transport, channel == own || channel == own &+ 1 else { continue }
            return (track, channel != own)
        }
        return nil
    }

    // MARK: Requests

    private func describe(_ request: RTSPRequest, _ resolve: (RTSPAddress) -> (path: StreamPath, rest: String)?)
        -> Step
    {
        guard state == .initial, role == nil else { return .respond(RTSPResponse(.invalidState)) }
        guard let address = RTSPAddress(request.uri) else { return .respond(RTSPResponse(.badRequest)) }
        guard let found = resolve(address), found.rest.isEmpty else { return .respond(RTSPResponse(.notFound)) }
        return .describe(found.path)
    }

    private func announce(_ request: RTSPRequest, _ resolve: (RTSPAddress) -> (path: StreamPath, rest: String)?)
        -> Step
    {
        guard state == .initial, role == nil else { return .respond(RTSPResponse(.invalidState)) }
        guard let address = RTSPAddress(request.uri) else { return .respond(RTSPResponse(.badRequest)) }
        guard let found = resolve(address), found.rest.isEmpty else { return .respond(RTSPResponse(.notFound)) }
        if let type = request.header("content-type"), !type.lowercased().hasPrefix("application/sdp") {
            return .respond(RTSPResponse(.unsupportedMedia))
        }
        do throws(SessionDescriptionError) {
            return .announce(found.path, try SessionDescription(parsing: request.body))
        } catch {
            return .respond(RTSPResponse(.badRequest, [RTSPHeader("X-Reason", error.description)]))
        }
    }

    private func setUp(_ request: RTSPRequest, _ resolve: (RTSPAddress) -> (path: StreamPath, rest: String)?) -> Step {
        guard state == .initial || state == .ready else { return .respond(RTSPResponse(.invalidState)) }
        guard let address = RTSPAddress(request.uri) else { return .respond(RTSPResponse(.badRequest)) }
        let offers = TransportOffer.offers(in: request.header("transport") ?? "")
        guard !offers.isEmpty else { return .respond(RTSPResponse(.unsupportedTransport)) }
        switch role {
        case .publisher(let path, let description):
            guard let track = description.track(at: address, uri: request.uri, path: path) else {
                return .respond(RTSPResponse(.notFound))
            }
            return .setUp(path, track: track, offers)
        case .player(let own):
            guard let found = resolve(address), found.path == own, let track = Self.track(found.rest, address) else {
                return .respond(RTSPResponse(resolve(address) == nil ? .notFound : .aggregateNotAllowed))
            }
            return .setUp(own, track: track, offers)
        case nil:
            guard let found = resolve(address), let track = Self.track(found.rest, address) else {
                return .respond(RTSPResponse(.notFound))
            }
            return .setUp(found.path, track: track, offers)
        }
    }

    /// `trackID=N`, behind the path or the query; nothing is the first.
    private static func track(_ rest: String, _ address: RTSPAddress) -> Int? {
        let rest = rest.isEmpty ? address.controlInQuery ?? "" : rest
        if rest.isEmpty { return 0 }
        guard rest.lowercased().hasPrefix("trackid="), let track = Int(rest.dropFirst("trackid=".count)) else {
            return nil
        }
        return (0..<maximumTracks).contains(track) ? track : nil
    }

    private func play() -> Step {
        guard case .player(let path) = role, state == .ready || state == .playing else {
            return .respond(RTSPResponse(.invalidState))
        }
        // Live pictures cannot be sought in: a second PLAY is a sign of life.
        if state == .playing { return .respond(RTSPResponse(.ok, [sessionHeader])) }
        return .play(path)
    }

    private func record() -> Step {
        guard case .publisher(let path, let description) = role, state == .ready else {
            return .respond(RTSPResponse(.invalidState))
        }
        return .record(path, description)
    }
}

extension SessionDescription {
    /// The number of the media that a SETUP means, by its `a=control`.
    fileprivate func track(at address: RTSPAddress, uri: String, path: StreamPath) -> Int? {
        var rest = address.suffix(behind: path.rawValue)
        if rest == "", let control = address.controlInQuery { rest = control }
        for (track, media) in media.enumerated() {
            guard let control = media.control, !control.isEmpty else { continue }
            if control == uri { return track }
            if control.contains("://"), let own = RTSPAddress(control), own.path == address.path,
                own.controlInQuery == nil || own.controlInQuery == address.controlInQuery
            {
                return track
            }
            let bare = control.drop { $0 == "/" }
            if let rest, rest == bare { return track }
        }
        // Without names it can only be the one.
        return media.count == 1 && rest == "" ? 0 : nil
    }
}
