import Store
import Testing

@Suite struct RetentionPlanTests {
    private static let now: Int64 = october

    /// `(camera, days ago, bytes, protected)`, numbered from 1 in the order given, the oldest first.
    private func clips(_ rows: [(String, Double, Int64, Bool)]) -> [RetainedClip] {
        rows.enumerated().map { index, row in
            RetainedClip(
                id: Int64(index + 1), camera: row.0, startMicroseconds: Self.now - Int64(row.1 * Double(day)),
                bytes: row.2, isProtected: row.3)
        }
    }

    private func usage(_ clips: [RetainedClip], free: Int64? = nil) -> RetentionUsage {
        var cameras: [String: RetentionUsage.Amount] = [:]
        for clip in clips {
            cameras[clip.camera, default: .init()].recordings += 1
            cameras[clip.camera, default: .init()].bytes += clip.bytes
        }
        return RetentionUsage(cameras: cameras, freeBytes: free)
    }

    private func plan(
        _ clips: [RetainedClip], _ limits: RetentionLimits, free: Int64? = nil,
        permissions: RetentionPlan.Permissions = .init(limitsChanged: true)
    ) -> RetentionPlan {
        RetentionPlan(
            limits: limits, usage: usage(clips, free: free), nowMicroseconds: Self.now, permissions: permissions
        ) { camera in clips.filter { camera == nil || $0.camera == camera } }
    }

    private func taken(_ plan: RetentionPlan) -> [String] {
        plan.removals.map { "\($0.clip.id) \($0.reason)" }
    }

    @Test func withoutLimitsNothingGoes() {
        let all = clips([("a", 900, 1 << 40, false)])
        #expect(plan(all, RetentionLimits(), free: 0) == plan([], RetentionLimits()))
    }

    @Test func whatIsOlderThanTheDaysGoes() {
        let all = clips([("a", 9, 1, false), ("b", 7.01, 1, false), ("a", 6.99, 1, false), ("a", -3, 1, false)])
        let plan = plan(all, RetentionLimits(maxDays: 7))
        #expect(taken(plan) == ["1 age", "2 age"])
        #expect(plan.obstacles.isEmpty)
    }

    @Test func theOldestGoUntilTheRestFits() {
        let all = clips([("a", 3, 10, false), ("b", 2, 10, false), ("a", 1, 10, false)])
        #expect(taken(plan(all, RetentionLimits(maxBytes: 30))).isEmpty)
        #expect(taken(plan(all, RetentionLimits(maxBytes: 29))) == ["1 storage"])
        #expect(taken(plan(all, RetentionLimits(maxBytes: 19))) == ["1 storage", "2 storage"])
    }

    @Test func aCameraOverItsQuotaLosesItsOwn() {
        let all = clips([("a", 4, 10, false), ("b", 3, 10, false), ("b", 2, 10, false), ("a", 1, 10, false)])
        #expect(taken(plan(all, RetentionLimits(cameraBytes: ["b": 15, "a": 20, "c": 0]))) == ["2 cameraQuota"])
    }

    @Test func roomIsMadeForTheFreeSpace() {
        let all = clips([("a", 3, 10, false), ("a", 2, 10, false), ("a", 1, 10, false)])
        #expect(taken(plan(all, RetentionLimits(minFreeBytes: 100), free: 85)) == ["1 freeSpace", "2 freeSpace"])
        #expect(taken(plan(all, RetentionLimits(minFreeBytes: 100), free: 100)).isEmpty)
        #expect(taken(plan(all, RetentionLimits(minFreeBytes: 100), free: nil)).isEmpty)
    }

    @Test func whatOneLimitTakesCountsForTheNext() {
        let all = clips([("a", 9, 10, false), ("b", 3, 10, false), ("b", 2, 10, false), ("a", 1, 10, false)])
        let limits = RetentionLimits(maxBytes: 25, maxDays: 5, minFreeBytes: 100, cameraBytes: ["b": 10])
        #expect(taken(plan(all, limits, free: 70)) == ["1 age", "2 cameraQuota", "3 freeSpace"])
    }

    @Test func protectedOnesStayAndAreNamedAsTheReason() {
        let all = clips([("a", 9, 10, true), ("a", 8, 10, false), ("a", 1, 10, true)])
        let plan = plan(all, RetentionLimits(maxBytes: 5, maxDays: 7))
        #expect(taken(plan) == ["2 age"])
        #expect(
            plan.obstacles == [
                .protected(.age, recordings: 1, bytes: 10), .exhausted(.storage),
                .protected(.storage, recordings: 2, bytes: 20),
            ])
    }

    @Test func onePassTakesAtMostHalfOfRowsAndBytes() {
        let all = clips((0..<10).map { ("a", Double(20 - $0), 10, false) })
        let limits = RetentionLimits(maxDays: 1)
        let half = plan(all, limits, permissions: .init())
        #expect(half.removals.map(\.clip.id) == [1, 2, 3, 4, 5])
        #expect(half.obstacles == [.halfReached(.age)])
        #expect(plan(all, limits).removals.count == 10)
        // Few rows, but most of the bytes.
        let heavy = clips([("a", 9, 10, false), ("a", 8, 60, false), ("a", 7, 10, false), ("a", 6, 10, false)])
        #expect(taken(plan(heavy, limits, permissions: .init())) == ["1 age"])
    }

    @Test func aSingleLargeRecordingDoesNotBlockForEver() {
        let all = clips([("a", 9, 90, false), ("a", 8, 10, false)])
        #expect(taken(plan(all, RetentionLimits(maxBytes: 50), permissions: .init())) == ["1 storage"])
        let one = clips([("a", 9, 90, false)])
        #expect(taken(plan(one, RetentionLimits(maxDays: 1), permissions: .init())) == ["1 age"])
    }

    @Test func ageWaitsWhenToldTo() {
        let all = clips([("a", 9, 10, false), ("a", 8, 10, false), ("a", 1, 10, false), ("a", 0, 10, false)])
        let limits = RetentionLimits(maxBytes: 30, maxDays: 7)
        let waiting = plan(all, limits, permissions: .init(ageIsWaiting: true))
        #expect(taken(waiting) == ["1 storage"])
        #expect(waiting.obstacles == [.waiting])
        #expect(
            taken(plan(all, limits, permissions: .init(limitsChanged: true, ageIsWaiting: true))) == ["1 age", "2 age"])
        #expect(plan(all, RetentionLimits(maxDays: 10), permissions: .init(ageIsWaiting: true)).obstacles.isEmpty)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, -1, 1e300])
    func limitsThatAreNoNumbersRemoveNothingTheyShouldNot(days: Double) {
        let all = clips([("a", 9, 10, false), ("a", -1, 10, false)])
        let plan = plan(all, RetentionLimits(maxBytes: .max, maxDays: days, minFreeBytes: .min), free: 0)
        #expect(taken(plan) == (days < 0 ? ["1 age"] : []))
        #expect(RetentionLimits.bytes(gigabytes: days) >= 0)
    }

    @Test func nothingProtectedGoesAndNothingMoreThanNeeded() {
        var dice = Dice(11)
        for _ in 0..<500 {
            let all = clips(
                (0..<dice.below(30)).map {
                    ("abc".map(String.init)[dice.below(3)], Double(60 - $0), Int64(dice.below(50)), dice.below(5) == 0)
                })
            let total = usage(all).total
            var limits = RetentionLimits()
            if dice.below(2) == 0 { limits.maxBytes = Int64(dice.below(800)) }
            if dice.below(2) == 0 { limits.maxDays = Double(dice.below(70)) }
            if dice.below(2) == 0 { limits.minFreeBytes = Int64(dice.below(300)) }
            if dice.below(2) == 0 { limits.cameraBytes = ["a": Int64(dice.below(200)), "b": Int64(dice.below(200))] }
            let changed = dice.below(2) == 0
            let plan = plan(all, limits, free: 100, permissions: .init(limitsChanged: changed))
            #expect(plan.removals.allSatisfy { !$0.clip.isProtected })
            #expect(Set(plan.removals.map(\.clip.id)).count == plan.removals.count)
            #expect(plan.removals.map(\.clip.startMicroseconds) == plan.removals.map(\.clip.startMicroseconds).sorted())
            if !changed, plan.removals.count > 1 {
                #expect(plan.removals.count * 2 <= total.recordings && plan.bytes * 2 <= total.bytes)
            }
            let rest = usage(all.filter { clip in !plan.removals.contains { $0.clip.id == clip.id } })
            if plan.obstacles.isEmpty {
                #expect(rest.total.bytes <= limits.maxBytes ?? .max)
                #expect(100 + plan.bytes >= limits.minFreeBytes ?? 0)
                for (camera, quota) in limits.cameraBytes { #expect(rest.cameras[camera]?.bytes ?? 0 <= quota) }
            }
            // Without the last that storage took there would still be too much.
            if let last = plan.removals.last(where: { $0.reason == .storage }), let maxBytes = limits.maxBytes {
                let othersAfter = plan.removals.filter { $0.reason == .freeSpace }.reduce(0) { $0 + $1.clip.bytes }
                #expect(rest.total.bytes + othersAfter + last.clip.bytes > maxBytes)
            }
        }
    }

    @Test func theForecastNamesTheFirstLimitAndItsMoment() {
        let all = clips([("a", 5, 10, false), ("b", 4, 10, true), ("b", 3, 10, false), ("a", 2, 10, false)])
        func days(_ limits: RetentionLimits, growth: [String: Double]) -> [String] {
            RetentionForecast.forecasts(
                of: all, limits: limits, usage: usage(all, free: 100), growth: .init(cameras: growth),
                nowMicroseconds: Self.now
            ).map { forecast in
                guard let reason = forecast.reason, let moment = forecast.atMicroseconds else { return "never" }
                return "\(reason) \((moment - Self.now) / day)"
            }
        }
        #expect(days(RetentionLimits(), growth: ["a": 10]) == ["never", "never", "never", "never"])
        #expect(days(RetentionLimits(maxDays: 30), growth: [:]) == ["age 25", "never", "age 27", "age 28"])
        // 20 of room, then 10 more with each that goes before.
        #expect(
            days(RetentionLimits(maxBytes: 60), growth: ["a": 4, "b": 6]) == [
                "storage 2", "never", "storage 3", "storage 4",
            ])
        #expect(
            days(RetentionLimits(minFreeBytes: 40, cameraBytes: ["b": 21]), growth: ["a": 9, "b": 1])
                == ["freeSpace 6", "never", "cameraQuota 1", "freeSpace 8"])
    }
}
