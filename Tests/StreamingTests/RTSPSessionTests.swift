import Domain
import Streaming
import Testing

/// A client's requests to the state machine; what the server would do about them always succeeds.
private struct Conversation {
    static let paths = ["video/a", "video/a/b"]
    var session = RTSPSession(id: "5e55")
    var number = 0

    /// The status as text, or the name of what is to be done.
    mutating func say(
        _ method: String, _ uri: String = "rtsp://host/video/a", _ headers: [String: String] = [:],
        body description: String = RTSPPeer.description
    ) -> String {
        number += 1
        let body = method == "ANNOUNCE" ? description : ""
        let fields = headers.map { RTSPHeader($0, $1) } + [RTSPHeader("cseq", "\(number)")]
        let request = RTSPRequest(method: method, uri: uri, headers: fields, body: Array(body.utf8))
        switch session.receive(request, resolve: Self.resolve) {
        case .respond(let response): return "\(response.status.code)"
        case .describe(let path): return "describe \(path)"
        case .announce(let path, let description):
            session.confirmAnnounce(path, description)
            return "announce \(path)"
        case .setUp(let path, let track, let offers):
            switch offers.first?.way {
            case .interleaved(let channel):
                session.confirmSetUp(path, track: track, .interleaved(channel: channel ?? UInt8(2 * track)))
            case .udp(let rtp, let rtcp): session.confirmSetUp(path, track: track, .udp(rtp: rtp, rtcp: rtcp))
            case nil: return "no offer"
            }
            return "setUp \(path) \(track)"
        case .play(let path):
            session.confirmPlay()
            return "play \(path)"
        case .record(let path, _):
            session.confirmRecord()
            return "record \(path)"
        case .pause:
            session.confirmPause()
            return "pause"
        case .tearDown: return "tearDown"
        }
    }

    private static func resolve(_ address: RTSPAddress) -> (path: StreamPath, rest: String)? {
        for path in paths.sorted(by: { $0.count > $1.count }) {
            if let rest = address.suffix(behind: path), let known = try? StreamPath(path) { return (known, rest) }
        }
        return nil
    }
}

struct RTSPSessionTests {
    private static let tcp = ["transport": "RTP/AVP/TCP;unicast;interleaved=0-1"]
    private static let track = "rtsp://host/video/a/trackID=0"
    private static let published = "rtsp://host/video/a/streamid=0"

    @Test("A player and a publisher go their ways")
    func usualWays() {
        var player = Conversation()
        #expect(player.say("OPTIONS") == "200")
        #expect(player.say("DESCRIBE") == "describe video/a")
        #expect(player.say("SETUP", Self.track, Self.tcp) == "setUp video/a 0")
        #expect(player.say("PLAY", "rtsp://host/video/a/", ["session": "5e55;timeout=60"]) == "play video/a")
        #expect(player.say("PLAY") == "200")
        #expect(player.say("PAUSE") == "pause")
        #expect(player.say("PLAY") == "play video/a")
        #expect(player.say("TEARDOWN") == "tearDown")
        var publisher = Conversation()
        #expect(publisher.say("ANNOUNCE") == "announce video/a")
        #expect(publisher.say("SETUP", Self.published, Self.tcp) == "setUp video/a 0")
        #expect(publisher.say("RECORD") == "record video/a")
        #expect(publisher.say("PAUSE") == "pause")
        #expect(publisher.session.state == .ready)
        #expect(publisher.say("RECORD") == "record video/a")
        #expect(publisher.say("TEARDOWN") == "tearDown")
    }

    @Test("What comes in the wrong order is refused, and changes nothing")
    func wrongOrder() {
        var fresh = Conversation()
        for method in ["PLAY", "RECORD", "PAUSE"] { #expect(fresh.say(method) == "455", "\(method)") }
        #expect(fresh.say("TEARDOWN") == "454")
        #expect(fresh.say("FLY") == "501")
        var announced = Conversation()
        _ = announced.say("ANNOUNCE")
        for method in ["ANNOUNCE", "DESCRIBE", "PLAY", "RECORD", "PAUSE"] {
            #expect(announced.say(method) == "455", "\(method) after ANNOUNCE")
        }
        _ = announced.say("SETUP", Self.published, Self.tcp)
        for method in ["ANNOUNCE", "DESCRIBE", "PLAY"] {
            #expect(announced.say(method) == "455", "\(method) of a publisher")
        }
        _ = announced.say("RECORD")
        for method in ["ANNOUNCE", "DESCRIBE", "PLAY", "RECORD"] {
            #expect(announced.say(method) == "455", "\(method) while it records")
        }
        #expect(announced.say("SETUP", Self.published, Self.tcp) == "455")
        var playing = Conversation()
        _ = playing.say("SETUP", Self.track, Self.tcp)
        _ = playing.say("PLAY")
        for method in ["ANNOUNCE", "DESCRIBE", "RECORD"] {
            #expect(playing.say(method) == "455", "\(method) while it plays")
        }
        #expect(playing.say("SETUP", Self.track, Self.tcp) == "455")
        #expect(playing.session.state == .playing)
    }

    @Test("Another session's id is not taken, for any method")
    func foreignSession() {
        var fresh = Conversation()
        for method in ["OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "PLAY", "RECORD", "TEARDOWN", "PAUSE"] {
            #expect(fresh.say(method, "rtsp://host/video/a", ["session": "5e55"]) == "454", "\(method) of none")
        }
        _ = fresh.say("SETUP", Self.track, Self.tcp)
        for method in ["OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "PLAY", "TEARDOWN"] {
            #expect(fresh.say(method, "rtsp://host/video/a", ["session": "5e5"]) == "454", "\(method) of another")
        }
        #expect(fresh.say("SETUP", Self.track, Self.tcp.merging(["session": "5e56"]) { $1 }) == "454")
    }

    @Test(
        "A client keeps its session by any of three methods", arguments: ["OPTIONS", "GET_PARAMETER", "SET_PARAMETER"])
    func keepAlive(method: String) {
        var player = Conversation()
        _ = player.say("SETUP", Self.track, Self.tcp)
        _ = player.say("PLAY")
        #expect(player.say(method, "rtsp://host/video/a", ["session": "5e55"]) == "200")
        #expect(player.say(method) == "200")
        #expect(player.session.state == .playing)
    }

    @Test("A path is found behind queries and slashes, the longest first; others are not there")
    func addresses() {
        for (uri, found) in [
            ("rtsp://host:8554/video/a", "describe video/a"), ("rtsps://u:p@host/video/a/", "describe video/a"),
            ("rtsp://host/video/a?x=1", "describe video/a"), ("/video/a/b", "describe video/a/b"),
            ("rtsp://host/video/a/b", "describe video/a/b"), ("rtsp://host/video%2Fa", "describe video/a"),
            ("rtsp://host/video/none", "404"), ("rtsp://host/video/a/c", "404"), ("rtsp://host", "404"),
            ("rtsp://host/video/../video/a", "404"), ("http://host/video/a", "400"), ("video/a", "400"),
            ("rtsp://host/%zz", "400"), ("rtsp://host/" + String(repeating: "a", count: 4000), "400"),
        ] {
            var client = Conversation()
            #expect(client.say("DESCRIBE", uri) == found, "\(uri.prefix(60))")
        }
    }

    @Test("Tracks are those of the session's own stream")
    func tracks() {
        for (uri, found) in [
            ("rtsp://host/video/a/trackID=1", "setUp video/a 1"), ("rtsp://host/video/a", "setUp video/a 0"),
            ("rtsp://host/video/a/b/trackID=0", "setUp video/a/b 0"), ("rtsp://host/video/a/trackID=99", "404"),
            ("rtsp://host/video/a/trackID=-1", "404"), ("rtsp://host/video/a/trackID=18446744073709551616", "404"),
            ("rtsp://host/video/a/other", "404"),
        ] {
            var client = Conversation()
            #expect(client.say("SETUP", uri, Self.tcp) == found, "\(uri)")
        }
        var player = Conversation()
        _ = player.say("SETUP", Self.track, Self.tcp)
        #expect(player.say("SETUP", "rtsp://host/video/a/b/trackID=0", Self.tcp) == "459")
        var publisher = Conversation()
        _ = publisher.say("ANNOUNCE")
        #expect(publisher.say("SETUP", "rtsp://host/video/a/streamid=1", Self.tcp) == "404")
        #expect(publisher.say("SETUP", "rtsp://host/video/a/b/streamid=0", Self.tcp) == "404")
    }

    @Test("The control of a media may stand behind the query or in front of it")
    func queries() {
        for (uri, found) in [
            ("rtsp://host/video/a?x=1/trackID=1", "setUp video/a 1"),
            ("rtsp://host/video/a/trackID=1?x=1", "setUp video/a 1"),
            ("rtsp://host/video/a/trackID=1?x=y/z", "setUp video/a 1"), ("rtsp://host/video/a?x=1", "setUp video/a 0"),
            ("rtsp://host/video/a?x=1/", "setUp video/a 0"), ("rtsp://host/video/a?x=y/trackID=1", "setUp video/a 1"),
            ("rtsp://host/video/a?x=1/other", "404"),
        ] {
            var client = Conversation()
            #expect(client.say("SETUP", uri, Self.tcp) == found, "\(uri)")
            #expect(client.say("SETUP", uri, Self.tcp) == (found == "404" ? "404" : found), "\(uri) again")
        }
        let absolute = RTSPPeer.twoMedia("rtsp://host/video/a?x=1/streamid=0", "rtsp://host/video/a?x=1/streamid=1")
        for description in [RTSPPeer.twoMedia("streamid=0", "streamid=1"), absolute] {
            for uri in ["rtsp://host/video/a?x=1/streamid=", "rtsp://host/video/a/streamid="] {
                // Who names the whole URL asks for it.
                if description == absolute, !uri.contains("?") { continue }
                for track in 0..<2 {
                    var publisher = Conversation()
                    #expect(
                        publisher.say("ANNOUNCE", "rtsp://host/video/a?x=1", body: description) == "announce video/a")
                    #expect(publisher.say("SETUP", "\(uri)\(track)", Self.tcp) == "setUp video/a \(track)")
                }
            }
            var publisher = Conversation()
            _ = publisher.say("ANNOUNCE", "rtsp://host/video/a?x=1", body: description)
            #expect(publisher.say("SETUP", "rtsp://host/video/a?x=1/streamid=2", Self.tcp) == "404")
        }
        var other = Conversation()
        _ = other.say("ANNOUNCE", "rtsp://host/video/a?x=1", body: RTSPPeer.twoMedia("streamid=0", "streamid=1"))
        #expect(other.say("SETUP", "rtsp://host/video/a/streamid=1?x=1", Self.tcp) == "setUp video/a 1")
    }

    @Test("A flood of SETUPs leaves one transport a track")
    func setUpFlood() {
        var player = Conversation()
        for round in 0..<5000 {
            _ = player.say("SETUP", "rtsp://host/video/a/trackID=\(round % 40)", Self.tcp)
        }
        #expect(player.session.transports.count <= 16)
        #expect(
            player.say("SETUP", Self.track, ["transport": "RTP/AVP;unicast;client_port=5000-5001"]) == "setUp video/a 0"
        )
        #expect(player.session.transports[0] == .udp(rtp: 5000, rtcp: 5001))
    }

    @Test("Requests without CSeq and with features that are not there are refused")
    func unusable() {
        var client = RTSPSession(id: "1")
        let bare = RTSPRequest(method: "OPTIONS", uri: "*")
        guard case .respond(let response) = client.receive(bare, resolve: { _ in nil }) else {
            Issue.record("it went through")
            return
        }
        #expect(response.status.code == 400)
        var other = Conversation()
        #expect(other.say("OPTIONS", "*") == "200")
        #expect(other.say("DESCRIBE", "rtsp://host/video/a", ["require": "warp-drive"]) == "551")
    }
}

struct TransportOfferTests {
    private static func ways(_ header: String) -> [TransportOffer.Way] { TransportOffer.offers(in: header).map(\.way) }

    @Test("Parameters may come in any order, and alternatives one after another")
    func offers() {
        #expect(Self.ways("RTP/AVP/TCP;ssrc=1234;interleaved=2-3;unicast") == [.interleaved(channel: 2)])
        #expect(Self.ways("RTP/AVP/TCP;unicast;mode=\"PLAY\";interleaved=0-1;ssrc=AB") == [.interleaved(channel: 0)])
        #expect(Self.ways("rtp/avp/tcp;unicast") == [.interleaved(channel: nil)])
        #expect(Self.ways("RTP/AVP;unicast;client_port=5000") == [.udp(rtp: 5000, rtcp: 5001)])
        #expect(
            Self.ways("RTP/AVP;multicast;ttl=15, RTP/AVP/UDP;unicast;client_port=6-7,RTP/AVP/TCP;interleaved=0-1")
                == [.udp(rtp: 6, rtcp: 7), .interleaved(channel: 0)])
        #expect(TransportOffer.offers(in: "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record").first?.isRecording == true)
        #expect(TransportOffer.offers(in: "RTP/AVP/TCP;mode=\"receive\"").first?.isRecording == true)
    }

    @Test(
        "What makes no sense is no offer",
        arguments: [
            "", ";", ",,,", "RTP/AVP", "RTP/AVP;unicast", "RTP/AVP;client_port=0-1", "RTP/AVP;client_port=-1-5",
            "RTP/AVP;client_port=70000-70001", "RTP/AVP/TCP;interleaved=255-256", "RTP/AVP/TCP;interleaved=4-3",
            "RTP/AVP/TCP;interleaved=a-b", "RTP/SAVP;unicast;client_port=5000-5001", "RTP/AVP;client_port=65535",
            "RTP/AVP;multicast;client_port=5000-5001", "RAW/RAW/UDP;unicast;client_port=5000-5001",
        ])
    func nonsense(header: String) {
        #expect(TransportOffer.offers(in: header).isEmpty)
    }

    @Test("A header of ten thousand alternatives is cut short")
    func many() {
        let header = Array(repeating: "RTP/AVP/TCP;interleaved=0-1", count: 10_000).joined(separator: ",")
        #expect(TransportOffer.offers(in: header).count <= 16)
    }
}
