import Domain
import Foundation
import Testing

@testable import Access

/// `Authorization` as clients write it, and as nobody should.
@Suite struct AuthorizationHeaderTests {
    private let door = Door()
    private var viewer: Credentials.Account { door.credentials.viewer }

    /// The header of a client, with the right response in it.
    private func header(
        _ form: String, uri: String, method: String = "DESCRIBE", algorithm: Digest.Algorithm = .md5
    ) -> String {
        let nonce = door.nonce()
        let secret = algorithm.hex("viewer:SpectraX:\(viewer.password)")
        let response = algorithm.hex("\(secret):\(nonce):\(algorithm.hex("\(method):\(uri)"))")
        return form.replacing("NONCE", with: nonce).replacing("URI", with: uri).replacing("RESPONSE", with: response)
            .replacing("UPPER", with: response.uppercased())
    }

    @Test(arguments: [
        // FFmpeg
        #"Digest username="viewer", realm="SpectraX", nonce="NONCE", uri="URI", response="RESPONSE""#,
        // VLC, mpv and other players with live555
        #"Digest username="viewer", realm="SpectraX", nonce="NONCE", uri="URI", response="RESPONSE""# + "\t ",
        // GStreamer
        #"Digest username="viewer", realm="SpectraX", nonce="NONCE", uri="URI", response="RESPONSE", algorithm="MD5""#,
        // Larix and OkHttp
        #"Digest username="viewer",realm="SpectraX",nonce="NONCE",uri="URI",algorithm=MD5,response="RESPONSE",opaque="""#,
        // Hikvision and Dahua recorders
        #"Digest username="viewer", realm="SpectraX",  algorithm="md5", nonce="NONCE", uri="URI", response="UPPER""#,
        // Axis
        #"DIGEST realm="SpectraX" , username="viewer" , uri="URI" , response="RESPONSE" , nonce="NONCE" ,"#,
        // Some name an empty protection
        #"digest username=viewer, realm=SpectraX, nonce=NONCE, uri=URI, response=RESPONSE, qop="""#,
    ])
    func theFormsOfClientsAreUnderstood(_ form: String) {
        #expect(door.check(header(form, uri: Door.address)) == .allowed(user: "viewer"))
    }

    @Test(arguments: [Digest.Algorithm.md5, .sha256], [nil, 1] as [UInt32?])
    func bothAlgorithmsCountWithAndWithoutProtection(_ algorithm: Digest.Algorithm, _ count: UInt32?) {
        let header = door.answer(viewer, algorithm: algorithm, count: count)
        #expect(door.check(header) == .allowed(user: "viewer"))
        #expect(
            door.check(door.answer(.init(username: "viewer", password: "x"), algorithm: algorithm, count: count))
                == .challenge(isStale: false))
    }

    @Test func theStrongestAlgorithmIsOfferedFirstAndTheOldFormLast() {
        let challenges = door.access.challenges(for: "p", isSecure: false)
        #expect(challenges.count == 2)
        #expect(challenges.first?.hasSuffix(", algorithm=SHA-256") == true)
        // FFmpeg and live555 take the last, and know MD5 alone; it is what no `algorithm` means.
        #expect(challenges.last?.contains("algorithm") == false)
        for challenge in challenges {
            #expect(challenge.hasPrefix("Digest realm=\"SpectraX\", nonce=\""))
            #expect(!challenge.contains("stale"))
        }
        #expect(
            door.access.challenges(for: "p", isSecure: false, isStale: true).allSatisfy { $0.hasSuffix(", stale=true") }
        )
    }

    /// The request's URL, and the one that the client has signed.
    @Test(arguments: [
        ("rtsp://server:8554/video/door", "rtsp://server:8554/video/door"),
        ("rtsp://server:8554/video/door", "rtsp://server:8554/video/door/"),
        ("rtsp://server:8554/video/door/", "rtsp://server:8554/video/door"),
        ("rtsp://server:8554/video/door", "/video/door"),
        ("rtsp://viewer:password@server:8554/video/door", "rtsp://server:8554/video/door"),
        ("rtsp://server:8554/video/door/trackID=0", "rtsp://server:8554/video/door"),
        ("rtsp://server:8554/video/door/trackID=0", "rtsp://server:8554/video/door/"),
        ("rtsp://server:8554/video/door", "rtsp://server:8554/video/door/trackID=1"),
    ])
    func clientsSignTheURLOfTheRequestOrOfTheSession(_ requested: String, _ signed: String) {
        let header = door.answer(viewer, method: "SETUP", uri: signed)
        #expect(door.check(header, method: "SETUP", uri: requested) == .allowed(user: "viewer"))
    }

    @Test(arguments: [
        "rtsp://server:8554/video/other", "rtsp://server:8554/video/doors", "rtsp://server:8554/vid", "/", "", "*",
        "rtsp://server:8554", "rtsp://server:8554/", "rtsp:", "rtsp://server:8554/other/video/door",
    ])
    func aSignatureOfAnotherStreamDoesNotCount(_ signed: String) {
        #expect(door.check(door.answer(viewer, uri: signed)) == .challenge(isStale: false))
    }

    @Test(arguments: [
        "", " ", "Digest", "Digest ", "Digest ,,,,", "Digest =", "Digest \"", "Digest username=\"viewer", "Bearer abc",
        "Digestusername=\"viewer\"", "Digest username=\"viewer\", username=\"publisher\"", "\u{0}",
        "Digest \u{0}=\u{0}",
        "Digest e\u{301}=\"\u{301}\", uri=\"\u{1F600}\"", "Basic", "Basic \u{301}", "digest realm=\"SpectraX\"",
    ])
    func malformedHeadersCountAsNone(_ header: String) {
        for _ in 0..<20 { #expect(door.check(header, isSecure: true) == .challenge(isStale: false)) }
        #expect(door.check(door.answer(viewer)) == .allowed(user: "viewer"), "they were no guesses")
        let open = Door { $0.allowsAnonymousReading = true }
        #expect(open.check(header, isSecure: true) == .allowed(user: nil))
    }

    @Test func hugeHeadersCostNothing() {
        let good = door.answer(viewer)
        let huge = [
            String(repeating: "x", count: 1 << 20), "Digest " + String(repeating: "a=b,", count: 1 << 18),
            "Digest " + String(repeating: "=", count: 1 << 20), good + String(repeating: " ", count: 1 << 20),
            "Digest " + String(repeating: "\\\"", count: 1 << 19), "Basic " + String(repeating: "QUFB", count: 1 << 18),
        ]
        let began = ContinuousClock.now
        for header in huge { #expect(door.check(header, isSecure: true) == .challenge(isStale: false)) }
        #expect(ContinuousClock.now - began < .seconds(10))
    }

    @Test func nothingMadeOfRandomBytesOrOfChangedHeadersGetsIn() {
        var random = SplitMix(seed: 20_261_125)
        let good = [
            door.answer(viewer, nonce: "n"), door.answer(viewer, nonce: "n", algorithm: .sha256, count: 7),
            door.basic(viewer),
        ]
        // Each guesser has a new address, so that back-off does not hide what a header does.
        for round in 0..<20_000 {
            var bytes: [UInt8]
            if round % 4 == 0 {
                let head = round % 8 == 0 ? "Digest " : "Basic "
                bytes =
                    Array(head.utf8)
                    + (0..<Int.random(in: 0..<200, using: &random)).map { _ in
                        UInt8.random(in: .min ... .max, using: &random)
                    }
            } else {
                bytes = Array(good[round % good.count].utf8)
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
                    case 1 where bytes.count > 1: bytes.remove(at: place)
                    case 2: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: place)
                    default: bytes.replaceSubrange(place..., with: bytes[..<place].suffix(64) + [34])
                    }
                }
            }
            let header = String(decoding: bytes, as: UTF8.self)
            // With the right password the nonce is still none of ours.
            let decision = door.check(header, isSecure: false, peer: "10.0.\(round >> 8).\(round & 255)")
            guard case .challenge = decision else {
                Issue.record("\(decision): \(header)")
                return
            }
        }
    }
}

/// A sequence that is the same in every run.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
