import Foundation
import Testing

@testable import Cameras

private func items(_ chunks: [[UInt8]]) throws -> [RTSPInput.Item] {
    var input = RTSPInput()
    var items: [RTSPInput.Item] = []
    for chunk in chunks {
        input.append(chunk)
        while let item = try input.next() {
            // Ranges are valid until the next bytes come: remember the bytes instead.
            if case .frame(let channel, let range) = item {
                items.append(.frame(channel: channel, 0..<range.count))
                #expect(input.bytes[range].allSatisfy { $0 == channel &* 3 })
            } else {
                items.append(item)
            }
        }
    }
    return items
}

private func frame(_ channel: UInt8, _ size: Int) -> [UInt8] {
    [UInt8(ascii: "$"), channel, UInt8(size >> 8), UInt8(size & 255)] + Array(repeating: channel &* 3, count: size)
}

@Suite struct RTSPInputTests {
    @Test func responsesAndPacketsComeApartWhereverTheBytesAreCut() throws {
        let stream =
            Array("RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession:  12;timeout=60 \r\nContent-Length: 4\r\n\r\nbody".utf8)
            + frame(0, 1400) + Array("\r\n\r\n".utf8) + frame(1, 28)
            + Array("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\nRTSP/1.0 454 Session Not Found\ncseq:4\n\n".utf8)
            + frame(2, 0)
        let whole = try items([stream])
        #expect(whole.count == 6)
        guard case .response(let response) = whole[0] else { throw Unexpected() }
        #expect(response.status == 200 && response.reason == "OK")
        #expect(response.header("session") == "12;timeout=60")
        #expect(response.body == Array("body".utf8))
        #expect(whole[1] == .frame(channel: 0, 0..<1400))
        #expect(whole[2] == .frame(channel: 1, 0..<28))
        #expect(whole[3] == .request)
        guard case .response(let second) = whole[4] else { throw Unexpected() }
        #expect(second.status == 454 && second.header("cseq") == "4")
        #expect(whole[5] == .frame(channel: 2, 0..<0))
        for size in [1, 2, 3, 7, 100, 1403] {
            let chunks = stride(from: 0, to: stream.count, by: size).map {
                Array(stream[$0..<min($0 + size, stream.count)])
            }
            #expect(try items(chunks) == whole, "cut every \(size) bytes")
        }
    }

    struct Unexpected: Error {}

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n\r\n", "RTSP/1.0\r\n\r\n", "RTSP/1.0 abc OK\r\n\r\n",
        "RTSP/1.0 99999999999999999999 OK\r\n\r\n",
        "RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", "RTSP/1.0 200 OK\r\nContent-Length: 2147483648\r\n\r\n",
        "RTSP/1.0 200 OK\r\nContent-Length: x\r\n\r\n",
    ])
    func whatIsNoRTSPIsAnError(_ text: String) {
        #expect(throws: RTSPSyntaxError.self) { _ = try items([Array(text.utf8)]) }
    }

    @Test func anEndlessHeadIsAnErrorAndBounded() {
        var input = RTSPInput()
        let line = Array("X-Header: \(String(repeating: "a", count: 1000))\r\n".utf8)
        #expect(throws: RTSPSyntaxError.self) {
            input.append(Array("RTSP/1.0 200 OK\r\n".utf8))
            for _ in 0..<1000 {
                input.append(line)
                _ = try input.next()
            }
        }
        #expect(input.bytes.count < 2 * RTSPInput.maximumHeadBytes)
    }

    @Test func noBytesTrap() {
        var random = SplitMix(state: 42)
        let seed = Array(
            "RTSP/1.0 200 OK\r\nContent-Length: 10\r\nSession: 1\r\n\r\n0123456789$\u{0}\u{0}\u{4}abcd".utf8)
        for _ in 0..<5000 {
            var bytes = seed
            for _ in 0..<Int(random.next() % 6) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            var input = RTSPInput()
            input.append(bytes)
            while let item = try? input.next() {
                if case .response(let response) = item { _ = SessionDescription(response.body) }
            }
        }
    }
}

/// Numbers that look random and are the same in every run (Steele, Lea, Flood 2014).
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

@Suite struct SessionDescriptionTests {
    @Test func mediaAndTheirControlsAreFoundWhateverTheOrder() {
        let sdp = SessionDescription(
            Array(
                """
                v=0\r
                o=- bad origin\r
                a=control:*\r
                m=application 0 RTP/AVP 107\r
                a=control:trackID=3\r
                m=video 0 RTP/AVP 96\r
                a=control:trackID=1\r
                a=rtpmap:96 H264/90000\r
                a=fmtp:96\r
                m=audio 0 RTP/AVP 8\r

                """.utf8))
        #expect(sdp.control == "*")
        #expect(sdp.media.map(\.kind) == ["application", "video", "audio"])
        #expect(sdp.media[1].control == "trackID=1" && sdp.media[1].formats == ["96"])
        #expect(sdp.media[2].control == nil)
        let text = sdp.text(of: [sdp.media[1]])
        #expect(text.hasPrefix("v=0\r\n") && text.contains("m=video") && !text.contains("m=audio"))
    }

    @Test(arguments: [
        ("trackID=1", "rtsp://cam/live", "rtsp://cam/live/trackID=1"),
        ("trackID=1", "rtsp://cam/live/", "rtsp://cam/live/trackID=1"),
        ("rtsp://cam/live/trackID=1", "rtsp://cam/x", "rtsp://cam/live/trackID=1"),
        ("*", "rtsp://cam/x", "rtsp://cam/x"),
        ("", "rtsp://cam/x", "rtsp://cam/x"), ("/trackID=1", "rtsp://cam/live", "rtsp://cam/live/trackID=1"),
    ])
    func controlsBecomeURLs(_ control: String, _ base: String, _ expected: String) {
        #expect(SessionDescription.url(of: control, base: base) == expected)
    }
}

@Suite struct RTSPAuthenticationTests {
    /// The example of RFC 2069 and 2617's rules without qop.
    @Test func digestFollowsTheRFC() throws {
        var answer = try #require(
            RTSPAuthentication(
                challenges: [#"Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093""#],
                user: "Mufasa", password: "CircleOfLife"))
        let header = answer.header(method: "GET", url: "/dir/index.html")
        #expect(header.contains(#"response="1949323746fe6a43ef61f9606e7febea""#))
    }

    @Test func theStrongestOfferIsTaken() throws {
        var answer = try #require(
            RTSPAuthentication(
                challenges: [
                    "Basic realm=\"x\"", "Digest realm=\"x\", nonce=\"1\", algorithm=MD5",
                    "Digest realm=\"x\", nonce=\"2\", algorithm=SHA-256, qop=\"auth\"",
                ], user: "a", password: "b"))
        let header = answer.header(method: "DESCRIBE", url: "rtsp://cam/")
        #expect(
            header.contains("nonce=\"2\"") && header.contains("algorithm=SHA-256") && header.contains("nc=00000001"))
        #expect(answer.header(method: "SETUP", url: "rtsp://cam/").contains("nc=00000002"))
    }

    @Test(arguments: [
        "", "Negotiate", "Digest", "Digest realm=\"x\"", "Digest realm=\"x\", nonce=\"y\", algorithm=MD5-sess",
    ])
    func whatWeDoNotSpeakIsNoOffer(_ challenge: String) {
        #expect(RTSPAuthentication(challenges: [challenge], user: "a", password: "b") == nil)
    }

    @Test func aChallengeCannotSmuggleHeadersIn() throws {
        var answer = try #require(
            RTSPAuthentication(challenges: ["Digest realm=\"x\r\nEvil: 1\", nonce=\"y\""], user: "a", password: "b"))
        #expect(!answer.header(method: "OPTIONS", url: "rtsp://cam/").contains("\n"))
    }
}
