/// What one pass of retention removes, and why; and why it removes no more. Pure: no I/O, no clock.
///
/// Each limit takes the oldest first: age, then the quotas of cameras, then the bytes of all, then free space. What one limit
/// has taken counts for the next ones.
package struct RetentionPlan: Hashable, Sendable {
    /// The limit that a recording goes by.
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        case age, cameraQuota, storage, freeSpace
    }

    package struct Removal: Hashable, Sendable {
        package let clip: RetainedClip
        package let reason: Reason
    }

    /// Why a limit that is exceeded takes no more.
    package enum Obstacle: Hashable, Sendable {
        /// So many recordings that would be next are protected.
        case protected(Reason, recordings: Int, bytes: Int64)
        /// A pass may not remove more than half of all recordings or bytes unless the limits were changed.
        case halfReached(Reason)
        /// There is more to remove for its age than a pass may, as after a jump of the clock: no more of it until the
        /// limits are changed or a day has passed.
        case waiting
        /// Nothing is left that could go.
        case exhausted(Reason)
    }

    /// The oldest first.
    package private(set) var removals: [Removal] = []
    package private(set) var obstacles: [Obstacle] = []

    package var bytes: Int64 { removals.reduce(0) { $0 + $1.clip.bytes } }

    /// What the guard rails have to know.
    package struct Permissions: Hashable, Sendable {
        /// The limits were changed since the last pass: then it may remove more than half.
        package var limitsChanged: Bool
        /// See `Obstacle.waiting`.
        package var ageIsWaiting: Bool

        package init(limitsChanged: Bool = false, ageIsWaiting: Bool = false) {
            self.limitsChanged = limitsChanged
            self.ageIsWaiting = ageIsWaiting
        }
    }

    /// - Parameters:
    ///   - usage: of all retained recordings.
    ///   - nowMicroseconds: the wall clock; clips that start after it are not old.
    ///   - oldest: all retained recordings, or those of one camera, the oldest first. Read only as far as needed.
    package init<Clips: Sequence<RetainedClip>>(
        limits: RetentionLimits, usage: RetentionUsage, nowMicroseconds: Int64, permissions: Permissions = .init(),
        oldest: (_ camera: String?) throws -> Clips
    ) rethrows {
        var pass = Pass(usage: usage, isUnlimited: permissions.limitsChanged)
        if let maxDays = limits.maxDays {
            let bound = Self.bound(nowMicroseconds, days: maxDays)
            if permissions.ageIsWaiting, !permissions.limitsChanged {
                for clip in try oldest(nil) {
                    if clip.startMicroseconds < bound { pass.obstacles.append(.waiting) }
                    break
                }
            } else {
                try pass.take(.age, from: oldest(nil)) { clip, _ in
                    clip.map { $0.startMicroseconds < bound } ?? false
                }
            }
        }
        for (camera, quota) in limits.cameraBytes.sorted(by: { $0.key < $1.key }) {
            let used = usage.cameras[camera]?.bytes ?? 0
            guard used - (pass.takenOfCamera[camera] ?? 0) > quota else { continue }
            try pass.take(.cameraQuota, from: oldest(camera)) { _, pass in
                used - (pass.takenOfCamera[camera] ?? 0) > quota
            }
        }
        if let maxBytes = limits.maxBytes, usage.total.bytes - pass.takenBytes > maxBytes {
            try pass.take(.storage, from: oldest(nil)) { _, pass in usage.total.bytes - pass.takenBytes > maxBytes }
        }
        if let minFree = limits.minFreeBytes, let free = usage.freeBytes, free + pass.takenBytes < minFree {
            try pass.take(.freeSpace, from: oldest(nil)) { _, pass in free + pass.takenBytes < minFree }
        }
        removals = pass.removals.sorted {
            ($0.clip.startMicroseconds, $0.clip.id) < ($1.clip.startMicroseconds, $1.clip.id)
        }
        obstacles = pass.obstacles
    }

    /// The moment before which recordings are too old.
    static func bound(_ nowMicroseconds: Int64, days: Double) -> Int64 {
        let microseconds = (days.isNaN ? 1e6 : min(max(days, 0), 1e6)) * 86_400e6
        let (bound, overflow) = nowMicroseconds.subtractingReportingOverflow(Int64(microseconds))
        return overflow ? .min : bound
    }

    /// What was taken so far.
    private struct Pass {
        let total: RetentionUsage.Amount
        let isUnlimited: Bool
        var removals: [Removal] = []
        var obstacles: [Obstacle] = []
        var taken: Set<Int64> = []
        var takenBytes: Int64 = 0
        var takenOfCamera: [String: Int64] = [:]

        init(usage: RetentionUsage, isUnlimited: Bool) {
            total = usage.total
            self.isUnlimited = isUnlimited
        }

        /// Half of everything is the most; but one recording may always go, or a single large one would block all.
        private func mayTake(_ clip: RetainedClip) -> Bool {
            isUnlimited || removals.isEmpty
                || ((removals.count + 1) * 2 <= total.recordings && (takenBytes + clip.bytes) * 2 <= total.bytes)
        }

        /// Takes the oldest while the limit demands another one.
        ///
        /// - Parameter demands: asked before each clip, and with nil when there are no more.
        mutating func take(
            _ reason: Reason, from clips: some Sequence<RetainedClip>,
            while demands: (RetainedClip?, Pass) -> Bool
        ) {
            var protected = RetentionUsage.Amount()
            defer {
                if protected.recordings > 0 {
                    obstacles.append(
                        .protected(reason, recordings: protected.recordings, bytes: protected.bytes))
                }
            }
            for clip in clips {
                guard demands(clip, self) else { return }
                if taken.contains(clip.id) { continue }
                if clip.isProtected {
                    protected.recordings += 1
                    protected.bytes += clip.bytes
                    continue
                }
                guard mayTake(clip) else {
                    obstacles.append(.halfReached(reason))
                    return
                }
                taken.insert(clip.id)
                removals.append(Removal(clip: clip, reason: reason))
                takenBytes += clip.bytes
                takenOfCamera[clip.camera, default: 0] += clip.bytes
            }
            if demands(nil, self) { obstacles.append(.exhausted(reason)) }
        }
    }
}
