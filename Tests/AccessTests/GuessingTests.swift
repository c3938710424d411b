import Testing

@testable import Access

@Suite struct GuessingTests {
    private let door = Door()
    private var publisher: Credentials.Account { door.credentials.publisher }
    private var viewer: Credentials.Account { door.credentials.viewer }

    @Test(arguments: ["192.0.2.1", "127.0.0.1", "::1"])
    func whoGuessesHasToWaitLongerAndLonger(_ peer: String) {
        for _ in 0...GuessLimit.freeFailures { #expect(door.guess(peer: peer) == .challenge(isStale: false)) }
        #expect(door.guess(peer: peer) == .tooMany(retryAfterSeconds: 1))
        // The right one does not count now either: nobody learns by trying on.
        #expect(door.check(door.answer(viewer, peer: peer), peer: peer) == .tooMany(retryAfterSeconds: 1))
        var guesses = 0
        let end = door.clock.seconds + 3600
        while door.clock.seconds < end {
            switch door.guess(peer: peer) {
            case .tooMany(let seconds): door.clock.seconds += seconds
            default: guesses += 1
            }
        }
        #expect(guesses <= 70, "about one a minute")
        door.clock.seconds += GuessLimit.maximumWaitSeconds
        #expect(door.check(door.answer(viewer, peer: peer), peer: peer) == .allowed(user: "viewer"))
    }

    @Test func knowingOnePasswordDoesNotHelpToGuessTheOther() {
        var refused = 0
        for _ in 0..<100 {
            if case .tooMany = door.guess(at: "publisher") { refused += 1 }
            #expect(door.check(door.answer(viewer)) == .allowed(user: "viewer"))
        }
        #expect(refused == 100 - GuessLimit.freeFailures - 1)
    }

    @Test func aPlayerWithAnOldPasswordLocksOutNobodyElse() {
        for _ in 0..<50 { door.guess(at: "viewer") }
        #expect(door.check(door.answer(publisher), .publish) == .allowed(user: "publisher"))
        #expect(door.check(door.answer(viewer, peer: "192.0.2.2"), peer: "192.0.2.2") == .allowed(user: "viewer"))
    }

    @Test func manyUserNamesAreOneGuesser() {
        var refused = 0
        for name in 0..<50 { if case .tooMany = door.guess(at: "user\(name)") { refused += 1 } }
        #expect(refused == 50 - GuessLimit.freeFailures - 1)
    }

    @Test func addressesOfOneIPv6NetworkAreOneGuesser() {
        var refused = 0
        for host in 0..<50 {
            if case .tooMany = door.guess(peer: "2001:db8:1:2::\(String(host, radix: 16))") { refused += 1 }
        }
        #expect(refused == 50 - GuessLimit.freeFailures - 1)
        #expect(door.guess(peer: "2001:db8:1:3::1") == .challenge(isStale: false))
        #expect(GuessLimit.network(of: "::ffff:192.0.2.1") == "192.0.2.1")
        #expect(GuessLimit.network(of: "fe80::1%eth0") == GuessLimit.network(of: "fe80::2"))
        #expect(GuessLimit.network(of: "unknown") == "unknown")
    }

    @Test func theTableOfGuessersIsBounded() {
        var limit = GuessLimit()
        for address in 0..<10_000 { limit.fail("\(address)", now: 1) }
        #expect(limit.count == GuessLimit.capacity)
        for _ in 0..<10 { limit.fail("slow", now: 2) }
        for address in 0..<(GuessLimit.capacity - 1) { limit.fail("x\(address)", now: 2.5) }
        #expect(limit.waitSeconds("slow", now: 3) != nil)
    }

    @Test func thoseWhoGuessedLongAgoBeginAnew() {
        for _ in 0..<50 { door.guess() }
        door.clock.seconds += 601
        #expect(door.guess() == .challenge(isStale: false))
        #expect(door.guess() == .challenge(isStale: false))
    }

    @Test func passwordsThatAreNotWantedUnencryptedAreNoGuesses() {
        for _ in 0..<50 { #expect(door.check(door.basic(viewer)) == .challenge(isStale: false)) }
        #expect(door.check(door.answer(viewer)) == .allowed(user: "viewer"))
    }

    @Test func guessesAtBasicCountToo() {
        let wrong = door.basic(.init(username: "viewer", password: "wrong-guess"))
        for _ in 0...GuessLimit.freeFailures { _ = door.check(wrong, isSecure: true) }
        #expect(door.check(wrong, isSecure: true) == .tooMany(retryAfterSeconds: 1))
    }

    /// The fastest of many, in turns, so that what else the machine does counts for neither. The method is so long that
    /// hashing it takes most of the time.
    @Test func anUnknownUserTakesAsLongAsAWrongPassword() throws {
        let method = String(repeating: "X", count: 1 << 18)
        var best: [String: Duration] = [:]
        for round in 0..<20 {
            for name in ["nobody-of-that-name", "viewer"] {
                let peer = "10.0.0.\(round)"
                let header = door.answer(.init(username: name, password: "wrong-guess"), peer: peer)
                let began = ContinuousClock.now
                _ = door.check(header, method: method, peer: peer)
                best[name] = min(best[name] ?? .seconds(1), ContinuousClock.now - began)
            }
        }
        let (unknown, known) = (try #require(best["nobody-of-that-name"]), try #require(best["viewer"]))
        #expect(unknown < known * 2 && known < unknown * 2, "\(unknown), \(known)")
    }
}
