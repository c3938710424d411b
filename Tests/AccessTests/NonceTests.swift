import Testing

@testable import Access

@Suite struct NonceTests {
    private let door = Door()
    private var viewer: Credentials.Account { door.credentials.viewer }

    @Test func anOldNonceIsStaleAndNoGuess() {
        let nonce = door.nonce()
        door.clock.seconds += 599
        #expect(door.check(door.answer(viewer, nonce: nonce)) == .allowed(user: "viewer"))
        door.clock.seconds += 2
        for _ in 0..<20 { #expect(door.check(door.answer(viewer, nonce: nonce)) == .challenge(isStale: true)) }
        #expect(door.check(door.answer(viewer)) == .allowed(user: "viewer"))
        // Whoever does not know the password is not told.
        let wrong = Credentials.Account(username: "viewer", password: "wrong-guess")
        #expect(door.check(door.answer(wrong, nonce: nonce)) == .challenge(isStale: false))
    }

    @Test func aNonceOfAnotherServerOrClientIsOfNoUse() {
        let others = [
            Door().nonce(), door.nonce(for: "192.0.2.2"), "", "0-0", "1-", "-", "ffffffffffffffffffff-00",
            door.nonce() + "0", "0" + door.nonce(), String(door.nonce().dropLast()),
        ]
        for nonce in others {
            #expect(door.check(door.answer(viewer, nonce: nonce)) == .challenge(isStale: true), "\(nonce)")
        }
        #expect(door.check(door.answer(viewer)) == .allowed(user: "viewer"))
    }

    @Test func noncesDifferWithinAMoment() {
        #expect(Set((0..<100).map { _ in door.nonce() }).count == 100)
    }

    @Test func aCountedAnswerCountsOnce() {
        let nonce = door.nonce()
        let first = door.answer(viewer, nonce: nonce, count: 1)
        #expect(door.check(first) == .allowed(user: "viewer"))
        #expect(door.check(first) == .challenge(isStale: true))
        #expect(door.check(door.answer(viewer, nonce: nonce, count: 3)) == .allowed(user: "viewer"))
        #expect(door.check(door.answer(viewer, nonce: nonce, count: 2)) == .challenge(isStale: true))
        // A wrong password uses up no count.
        let wrong = Credentials.Account(username: "viewer", password: "wrong-guess")
        #expect(door.check(door.answer(wrong, nonce: nonce, count: 9)) == .challenge(isStale: false))
        #expect(door.check(door.answer(viewer, nonce: nonce, count: 4)) == .allowed(user: "viewer"))
    }

    @Test func anAnswerThatWasReadAlongIsOfNoUseElsewhere() {
        let header = door.answer(viewer)
        #expect(door.check(header) == .allowed(user: "viewer"))
        #expect(door.check(header, peer: "192.0.2.2") == .challenge(isStale: true))
        #expect(door.check(header, method: "SETUP") == .challenge(isStale: false))
        #expect(door.check(header, uri: "rtsp://server:8554/video/other") == .challenge(isStale: false))
        #expect(
            door.check(header.replacing("video/door", with: "video/other"), uri: "rtsp://server:8554/video/other")
                == .challenge(isStale: false))
        door.clock.seconds += 601
        #expect(door.check(header) == .challenge(isStale: true))
    }
}
