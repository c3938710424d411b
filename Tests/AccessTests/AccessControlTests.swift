import Domain
import Testing

@testable import Access

@Suite struct AccessControlTests {
    private let door = Door()
    private var publisher: Credentials.Account { door.credentials.publisher }
    private var viewer: Credentials.Account { door.credentials.viewer }

    @Test func eachMayDoItsOwnAndNobodyElseAnything() {
        #expect(door.check(door.answer(viewer), .read) == .allowed(user: "viewer"))
        #expect(door.check(door.answer(publisher), .publish) == .allowed(user: "publisher"))
        #expect(door.check(door.answer(publisher), .read) == .forbidden)
        #expect(door.check(door.answer(viewer), .publish) == .forbidden)
        #expect(door.check(nil, .read) == .challenge(isStale: false))
        #expect(door.check(nil, .publish) == .challenge(isStale: false))
        #expect(door.guess() == .challenge(isStale: false))
        #expect(door.guess(at: "admin") == .challenge(isStale: false))
        let mixed = Credentials.Account(username: "publisher", password: viewer.password)
        #expect(door.check(door.answer(mixed), .publish) == .challenge(isStale: false))
    }

    @Test func anonymousReadingLetsEverybodyWatchAndNobodyPublish() {
        let door = Door { $0.allowsAnonymousReading = true }
        #expect(door.check(nil, .read) == .allowed(user: nil))
        #expect(door.check(nil, .publish) == .challenge(isStale: false))
        #expect(door.check(door.answer(door.credentials.viewer), .publish) == .forbidden)
        #expect(door.guess() == .challenge(isStale: false), "guessing is no better where nobody has to")
    }

    @Test func theFirstRuleForAPathCounts() {
        let door = Door {
            $0.allowsAnonymousReading = true
            $0.rules = [
                AccessRule(paths: ["video/secret"], publish: ["publisher"], read: []),
                AccessRule(paths: ["video/*", "x"], publish: ["anyone"], read: ["publisher"]),
            ]
        }
        let (publisher, viewer) = (door.credentials.publisher, door.credentials.viewer)
        #expect(door.check(nil, .publish) == .allowed(user: nil))
        #expect(door.check(nil, .read) == .challenge(isStale: false))
        #expect(door.check(door.answer(publisher), .read) == .allowed(user: "publisher"))
        #expect(door.check(door.answer(viewer), .read) == .forbidden)
        for account in [publisher, viewer] {
            #expect(door.check(door.answer(account), .read, path: "video/secret") == .forbidden)
        }
        #expect(door.check(nil, .publish, path: "video/secret") == .challenge(isStale: false))
        #expect(door.check(nil, .read, path: "other/door") == .allowed(user: nil))
    }

    @Test(arguments: [
        ("*", "video/door", true), ("video/*", "video/door", true), ("video/*", "video/a/b", true),
        ("video/*", "video", false), ("*door", "video/door", true), ("*door", "video/doors", false),
        ("v*o/d*r", "video/door", true), ("v*x*r", "video/door", false), ("video/door", "video/door", true),
        ("video/Door", "video/door", false), ("", "a", false), ("**", "a", true), ("a*", "a", true), (".*", "a", false),
    ])
    func starsStandForAnyCharacters(_ pattern: String, _ path: String, _ isMatch: Bool) throws {
        let rule = AccessRule(paths: ["nothing", pattern], publish: [], read: [])
        #expect(rule.applies(to: try StreamPath(path)) == isMatch)
    }

    @Test func aPatternOfManyStarsEndsSoon() throws {
        let pattern = String(repeating: "a*", count: 120) + "b"
        let path = try StreamPath(String(repeating: "a", count: 255))
        let rule = AccessRule(paths: [pattern], publish: [], read: [])
        let began = ContinuousClock.now
        #expect(!rule.applies(to: path))
        #expect(ContinuousClock.now - began < .seconds(10))
    }

    @Test func rulesNameRolesWhateverTheUserNamesAre() {
        let door = Door(
            Credentials(
                publisher: .init(username: "garden-cams", password: "a-long-password"),
                viewer: .init(username: "publisher", password: "another-password"))
        ) { $0.rules = [AccessRule(paths: ["*"], publish: ["publisher"], read: ["viewer"])] }
        let (cameras, watchers) = (door.credentials.publisher, door.credentials.viewer)
        #expect(door.check(door.answer(cameras), .publish) == .allowed(user: "garden-cams"))
        #expect(door.check(door.answer(watchers), .read) == .allowed(user: "publisher"))
        #expect(door.check(door.answer(watchers), .publish) == .forbidden)
        #expect(Door().check(door.answer(cameras), .publish) == .challenge(isStale: false))
    }

    @Test func passwordsComeUnencryptedOverTLSOnly() {
        let header = door.basic(viewer)
        #expect(door.check(header, isSecure: true) == .allowed(user: "viewer"))
        #expect(door.check(header, isSecure: false) == .challenge(isStale: false))
        #expect(door.access.challenges(for: "p", isSecure: true).last == "Basic realm=\"SpectraX\"")
        #expect(!door.access.challenges(for: "p", isSecure: false).contains { $0.hasPrefix("Basic") })
        let lax = Door(door.credentials) { $0.allowsBasicWithoutTLS = true }
        #expect(lax.check(header, isSecure: false) == .allowed(user: "viewer"))
        #expect(lax.check(header, .publish, isSecure: false) == .forbidden)
        #expect(lax.check(door.basic(.init(username: "viewer", password: "x"))) == .challenge(isStale: false))
        for odd in ["Basic", "Basic ", "Basic =", "Basic !!!!", "Basic dmlld2Vy", "Basic /////w==", "Basic Og=="] {
            #expect(lax.check(odd) == .challenge(isStale: false), "\(odd)")
        }
        // A password may hold colons, and the header more than one blank.
        let colons = Credentials(
            publisher: door.credentials.publisher, viewer: .init(username: "viewer", password: "a:b:c:d:e:f"))
        let text = door.basic(colons.viewer).replacing("Basic ", with: "bAsIc   ")
        #expect(Door(colons).check(text, isSecure: true) == .allowed(user: "viewer"))
    }

    @Test func newCredentialsCountAtOnceAndOldOnesNoMore() {
        let access = door.access
        #expect(!access.replace(door.credentials), "the same ones are no change")
        #expect(access.generation == 0)
        let fresh = Credentials.random()
        #expect(access.replace(fresh))
        #expect(access.generation == 1)
        #expect(door.check(door.answer(viewer)) == .challenge(isStale: false))
        #expect(door.check(door.answer(fresh.viewer)) == .allowed(user: "viewer"))
    }
}
