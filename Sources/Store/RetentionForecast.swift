/// When a recording that stays for now will go, if everything goes on as in the last days.
package struct RetentionForecast: Hashable, Sendable {
    package let clip: RetainedClip
    /// The limit that reaches it first; nil: none does.
    package let reason: RetentionPlan.Reason?
    package let atMicroseconds: Int64?

    /// Bytes that are added a day.
    package struct Growth: Hashable, Sendable {
        /// By the path of the camera.
        package var cameras: [String: Double]
        package var total: Double { cameras.values.reduce(0, +) }

        package init(cameras: [String: Double]) { self.cameras = cameras }
    }

    /// - Parameters:
    ///   - clips: the oldest that stay, in their order.
    ///   - usage: after what goes now.
    package static func forecasts(
        of clips: some Sequence<RetainedClip>, limits: RetentionLimits, usage: RetentionUsage, growth: Growth,
        nowMicroseconds: Int64
    ) -> [RetentionForecast] {
        // Bytes that go before a clip does.
        var before: Int64 = 0
        var beforeOfCamera: [String: Int64] = [:]
        return clips.map { clip in
            guard !clip.isProtected else { return RetentionForecast(clip: clip, reason: nil, atMicroseconds: nil) }
            let camera = clip.camera
            let ofCamera = beforeOfCamera[camera] ?? 0
            var moments: [(RetentionPlan.Reason, Double)] = []
            if let days = limits.maxDays {
                moments.append((.age, Double(clip.startMicroseconds - nowMicroseconds) / dayMicroseconds + days))
            }
            func add(_ reason: RetentionPlan.Reason, headroom: Int64, growth: Double) {
                if growth > 0 { moments.append((reason, Double(headroom) / growth)) }
            }
            if let quota = limits.cameraBytes[camera] {
                let used = usage.cameras[camera]?.bytes ?? 0
                add(.cameraQuota, headroom: quota - used + ofCamera, growth: growth.cameras[camera] ?? 0)
            }
            if let maxBytes = limits.maxBytes {
                add(.storage, headroom: maxBytes - usage.total.bytes + before, growth: growth.total)
            }
            if let minFree = limits.minFreeBytes, let free = usage.freeBytes {
                add(.freeSpace, headroom: free - minFree + before, growth: growth.total)
            }
            before += clip.bytes
            beforeOfCamera[camera] = ofCamera + clip.bytes
            guard let first = moments.min(by: { $0.1 < $1.1 }), first.1 < 36_500 else {
                return RetentionForecast(clip: clip, reason: nil, atMicroseconds: nil)
            }
            return RetentionForecast(
                clip: clip, reason: first.0,
                atMicroseconds: nowMicroseconds + Int64(max(0, first.1) * dayMicroseconds))
        }
    }

    private static let dayMicroseconds = 86_400e6
}
