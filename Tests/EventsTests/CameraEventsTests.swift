import Domain
import Testing

@testable import Events

/// Who is seen when, and what must come of it.
struct Scenario: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let scene: [String]
    let expected: [String]
    var change: @Sendable (inout EventRules) -> Void = { _ in }
}

// Pre-buffer 5 s, post-buffer 10 s, motionless after 10 s, start-up 10 s.
private let scenarios: [Scenario] = [
    Scenario(
        testDescription: "nobody: nothing", scene: [], expected: []),
    Scenario(
        testDescription: "one walks by", scene: ["person 1: 20-30 walks"],
        expected: ["open 15.0", "began 1 20.0", "ended 1 30.0", "close 40.0"]),
    Scenario(
        testDescription: "two at once share a clip", scene: ["person 1: 20-30 walks", "person 2: 25-38 walks"],
        expected: ["open 15.0", "began 1 20.0", "began 2 25.0", "ended 1 30.0", "ended 2 38.0", "close 48.0"]),
    Scenario(
        testDescription: "one within the other's post-buffer shares the clip",
        scene: ["person 1: 20-30 walks", "person 2: 39-45 walks"],
        expected: ["open 15.0", "began 1 20.0", "began 2 39.0", "ended 1 30.0", "ended 2 45.0", "close 55.0"]),
    Scenario(
        testDescription: "one after the other's post-buffer has a clip of its own",
        scene: ["person 1: 20-30 walks", "person 2: 42-45 walks"],
        expected: [
            "open 15.0", "began 1 20.0", "ended 1 30.0", "close 40.0", "open 37.0", "began 2 42.0", "ended 2 45.0",
            "close 55.0",
        ]),
    Scenario(
        testDescription: "a track that is lost and found within the post-buffer is one event",
        scene: ["person 1: 20-25 walks", "person 1: 32-35 walks"],
        expected: ["open 15.0", "began 1 20.0", "ended 1 35.0", "close 45.0"]),
    Scenario(
        testDescription: "too faint: nothing", scene: ["person 1: 20-30 walks sure 0.4"], expected: []),
    Scenario(
        testDescription: "of another class: nothing", scene: ["dog 1: 20-30 walks"], expected: [],
        change: { $0.classes = [0, 1] }),
    Scenario(
        testDescription: "too small: nothing", scene: ["person 1: 20-30 walks small"], expected: [],
        change: { $0.minimumArea = 1000 }),
    Scenario(
        testDescription: "shorter than the minimum duration: nothing", scene: ["person 1: 20-21.8 walks"], expected: [],
        change: { $0.minimumDurationSeconds = 2 }),
    Scenario(
        testDescription: "longer than the minimum duration: from the first sight",
        scene: ["person 1: 20-30 walks"], expected: ["open 15.0", "began 1 20.0", "ended 1 30.0", "close 40.0"],
        change: { $0.minimumDurationSeconds = 2 }),
    Scenario(
        testDescription: "two short visits with a long break do not add up",
        scene: ["person 1: 20-21 walks", "person 1: 35-36 walks"], expected: [],
        change: { $0.minimumDurationSeconds = 2 }),
    Scenario(
        testDescription: "no post-buffer: it ends with the first picture without it",
        scene: ["person 1: 20-30 walks"], expected: ["open 15.0", "began 1 20.0", "ended 1 30.0", "close 30.0"],
        change: { $0.postBufferSeconds = 0 }),
    Scenario(
        testDescription: "a car that parks is an event until it has stood for ten seconds",
        scene: ["car 1: 20-150 parks at 300"],
        expected: ["open 15.0", "began 1 20.0", "ended 1 32.2", "close 42.2"]),
    Scenario(
        testDescription: "a person who walks past a parked car",
        scene: ["car 1: 20-150 parks at 300", "person 2: 100-110 walks"],
        expected: [
            "open 15.0", "began 1 20.0", "ended 1 32.2", "close 42.2", "open 95.0", "began 2 100.0", "ended 2 110.0",
            "close 120.0",
        ]),
    Scenario(
        testDescription: "a car that was there at start-up makes no event", scene: ["car 1: 0-150 stands at 300"],
        expected: []),
    Scenario(
        testDescription: "nor one that the detector sees only every other second, under new track ids",
        scene: (0..<40).map { "car \($0 + 1): \(2 * $0)-\(2 * $0 + 1) stands at 300" }, expected: []),
    Scenario(
        testDescription: "a car that was there makes one when it drives off",
        scene: ["car 1: 0-60 stands at 300", "car 1: 60.2-70 walks"],
        expected: ["open 55.4", "began 1 60.4", "ended 1 70.0", "close 80.0"]),
    Scenario(
        testDescription: "one who walks about at start-up is an event once seen to move",
        scene: ["person 1: 0-8 walks"],
        expected: ["open -4.4", "began 1 0.6", "ended 1 8.0", "close 18.0"]),
    Scenario(
        testDescription: "a parked car under a new track id is the same car",
        scene: ["car 1: 20-50 parks at 300", "car 2: 52-90 stands at 300", "car 3: 150-190 stands at 300"],
        expected: ["open 15.0", "began 1 20.0", "ended 1 32.2", "close 42.2"]),
    Scenario(
        testDescription: "but after a long absence it is a new one",
        scene: ["car 1: 20-50 parks at 300", "car 2: 150-155 stands at 300"],
        expected: [
            "open 15.0", "began 1 20.0", "ended 1 32.2", "close 42.2", "open 145.0", "began 2 150.0", "ended 2 155.0",
            "close 165.0",
        ], change: { $0.rest.parkedMemorySeconds = 60 }),
    Scenario(
        testDescription: "another class at the same place is an arrival",
        scene: ["car 1: 0-190 stands at 300", "person 2: 50-55 stands at 300"],
        expected: ["open 45.0", "began 2 50.0", "ended 2 55.0", "close 65.0"]),
    Scenario(
        testDescription: "the place of a car that drove off is free: the next one to stop there is an arrival",
        scene: [
            "car 1: 0-40 stands at 300", "car 1: 40.2-44 walks", "car 2: 80-84 stands at 300",
        ],
        expected: [
            "open 35.4", "began 1 40.4", "ended 1 44.0", "close 54.0", "open 75.0", "began 2 80.0", "ended 2 84.0",
            "close 94.0",
        ]),
    Scenario(
        testDescription: "one who stands still too long and walks on is two events",
        scene: ["person 1: 20-60 parks at 300", "person 1: 60.2-65 walks"],
        expected: [
            "open 15.0", "began 1 20.0", "ended 1 32.2", "close 42.2", "open 55.4", "began 1 60.4", "ended 1 65.0",
            "close 75.0",
        ]),
    Scenario(
        testDescription: "the source ends: the clip ends with its last picture",
        scene: ["person 1: 20-30 walks", "-- 25"],
        expected: [
            "open 15.0", "began 1 20.0", "ended 1 24.8", "close 24.8", "open 20.6", "began 1 25.6", "ended 1 30.0",
            "close 40.0",
        ]),
    Scenario(
        testDescription: "a parked car after each reconnect makes no event",
        scene: [
            "car 1: 0-40 stands at 300", "-- 40", "car 2: 40.2-80 stands at 300", "-- 80",
            "car 3: 80-190 stands at 300",
        ],
        expected: []),
    Scenario(
        testDescription: "nor when it is recognised late after a reconnect, where it was known before",
        scene: ["car 1: 0-40 stands at 300", "-- 40", "car 2: 70-190 stands at 300"], expected: []),
]

@Suite struct CameraEventsTests {
    static let rules: EventRules = {
        var rules = EventRules()
        rules.preBufferSeconds = 5
        return rules
    }()

    @Test(arguments: scenarios) func whatComesOf(_ scenario: Scenario) {
        var rules = Self.rules
        scenario.change(&rules)
        var events = CameraEvents(rules: rules)
        #expect(Scene(scenario.scene).play(to: &events) == scenario.expected)
        #expect(!events.isRecording && events.eventCount == 0)
    }

    @Test func everySightThatCountsIsToldAndTheBestIsKept() {
        var events = CameraEvents(rules: Self.rules)
        var told: [Event] = []
        for (index, confidence) in [Float(0.6), 0.9, 0.4, 0.7].enumerated() {
            let sighting = Sighting(
                trackID: 7, classIndex: 0, confidence: confidence,
                box: PixelBox(x1: 100 + Float(index) * 50, y1: 100, x2: 150 + Float(index) * 50, y2: 220))
            for action in events.observe(
                [sighting], at: 100 + Double(index), pictureWidth: 1280, pictureHeight: 720)
            {
                if case .began(let event) = action { told.append(event) }
                if case .updated(let event) = action { told.append(event) }
            }
        }
        // The first is within the start-up time and shows that it moves with the third picture, which is too faint.
        #expect(told.map(\.lastSeconds) == [103])
        let later = Sighting(
            trackID: 7, classIndex: 0, confidence: 0.95, box: PixelBox(x1: 300, y1: 100, x2: 350, y2: 220))
        guard case .updated(let event)? = events.observe([later], at: 104, pictureWidth: 1280, pictureHeight: 720).first
        else { return #expect(Bool(false), "not told") }
        #expect(event.best.seconds == 104 && event.startSeconds == 103)
    }

    @Test func ofEquallySureSightsTheLargerAndWholeOneIsBest() {
        func quality(_ box: PixelBox, _ confidence: Float = 0.8) -> Float {
            Event.Moment(
                sighting: Sighting(trackID: 1, classIndex: 0, confidence: confidence, box: box), seconds: 0,
                pictureWidth: 1000, pictureHeight: 1000
            ).quality
        }
        let small = PixelBox(x1: 100, y1: 100, x2: 120, y2: 140)
        let large = PixelBox(x1: 100, y1: 100, x2: 300, y2: 500)
        let cut = PixelBox(x1: 0, y1: 100, x2: 200, y2: 500)
        #expect(quality(small) < quality(large))
        #expect(quality(cut) < quality(large))
        #expect(quality(large, 0.5) < quality(large))
    }
}

@Suite struct CameraEventsBoundsTests {
    @Test(arguments: [Double.nan, .infinity, -.infinity]) func absurdTimesAreIgnored(_ seconds: Double) {
        var events = CameraEvents(rules: EventRules())
        #expect(events.observe([person(1)], at: seconds, pictureWidth: 100, pictureHeight: 100).isEmpty)
    }

    @Test func absurdBoxesAreIgnored() {
        var events = CameraEvents(rules: EventRules())
        _ = events.observe([], at: 0, pictureWidth: 0, pictureHeight: 0)
        let boxes = [
            PixelBox(x1: .nan, y1: 0, x2: 1, y2: 1), PixelBox(x1: 5, y1: 5, x2: 1, y2: 1),
            PixelBox(x1: -.infinity, y1: 0, x2: .infinity, y2: 1),
            PixelBox(x1: -1e30, y1: -1e30, x2: 1e30, y2: 1e30),
        ]
        let sightings = boxes.enumerated().map { index, box in
            Sighting(trackID: TrackID(index), classIndex: .max, confidence: index == 0 ? .nan : 0.9, box: box)
        }
        #expect(events.observe(sightings, at: 20, pictureWidth: 0, pictureHeight: 0).isEmpty)
    }

    @Test func aSmallStepBackIsPassedOverAndAGreatOneIsANewBeginning() {
        var events = CameraEvents(rules: CameraEventsTests.rules)
        _ = events.observe([], at: 0, pictureWidth: 100, pictureHeight: 100)
        let began = events.observe([person(1)], at: 50, pictureWidth: 100, pictureHeight: 100)
        #expect(began.compactMap(Scene.text) == ["open 45.0", "began 1 50.0"])
        #expect(events.observe([person(1)], at: 49.5, pictureWidth: 100, pictureHeight: 100).isEmpty)
        let back = events.observe([person(1)], at: 3, pictureWidth: 100, pictureHeight: 100)
        #expect(back.compactMap(Scene.text) == ["ended 1 50.0", "close 50.0"])
        #expect(!events.isRecording)
    }

    @Test func aLeapForwardEndsWhatIsOver() {
        var events = CameraEvents(rules: CameraEventsTests.rules)
        _ = events.observe([], at: 0, pictureWidth: 100, pictureHeight: 100)
        _ = events.observe([person(1)], at: 50, pictureWidth: 100, pictureHeight: 100)
        let after = events.observe([], at: 5000, pictureWidth: 100, pictureHeight: 100)
        #expect(after.compactMap(Scene.text) == ["ended 1 50.0", "close 60.0"])
    }

    @Test func aCrowdStaysBounded() {
        var events = CameraEvents(rules: EventRules())
        for round in 0..<20 {
            let crowd = (0..<600).map { index in
                person(TrackID(round * 600 + index + 1), x: Float(index % 30) * 200, y: Float(index / 30) * 400)
            }
            _ = events.observe(crowd, at: Double(round), pictureWidth: 6000, pictureHeight: 8000)
            #expect(events.objectCount <= CameraEvents.objectLimit && events.parkedCount <= 64)
        }
        _ = events.observe([], at: 500, pictureWidth: 6000, pictureHeight: 8000)
        _ = events.observe([], at: 5000, pictureWidth: 6000, pictureHeight: 8000)
        #expect(events.objectCount == 0 && events.parkedCount == 0)
    }

    private func person(_ id: TrackID, x: Float = 10, y: Float = 10) -> Sighting {
        Sighting(
            trackID: id, classIndex: 0, confidence: 0.9, box: PixelBox(x1: x, y1: y, x2: x + 50, y2: y + 120))
    }
}
