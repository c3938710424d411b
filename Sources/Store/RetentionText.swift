internal import Domain
private import Foundation

/// Retention in words.
struct RetentionText {
    let limits: RetentionLimits
    let usage: RetentionUsage
    let growth: RetentionForecast.Growth

    func text(
        _ plan: RetentionPlan, forecasts: [RetentionForecast], protected: RetentionUsage.Amount
    ) -> String {
        var lines = [limitsLine, usageLine]
        lines += usage.cameras.sorted { $0.key < $1.key }.map { path, amount in
            let quota = limits.cameraBytes[path].map { " of \(Self.size($0))" } ?? ""
            let added = Self.size(Int64(growth.cameras[path] ?? 0))
            return
                "  \(path): \(Self.count(amount.recordings)), \(Self.size(amount.bytes))\(quota); \(added) a day lately"
        }
        lines += ["", "Would go now: " + Self.amount(plan.removals.count, plan.bytes)]
        lines += plan.removals.prefix(Store.shown).map { Self.clip($0.clip) + ": " + why($0.reason, $0.clip) }
        if plan.removals.count > Store.shown { lines.append("  and \(plan.removals.count - Store.shown) more") }
        if !plan.obstacles.isEmpty {
            lines += ["", "Why no more goes:"]
            lines += plan.obstacles.map { "  \($0)" }
        }
        lines += ["", "Next, if the cameras go on like that:"]
        lines += forecasts.map { forecast in
            guard let reason = forecast.reason, let moment = forecast.atMicroseconds else {
                return Self.clip(forecast.clip) + ": stays, no limit reaches it"
            }
            return Self.clip(forecast.clip) + ": about \(Self.moment(moment)), " + why(reason, forecast.clip)
        }
        if forecasts.isEmpty { lines.append("  nothing") }
        if protected.recordings > 0 {
            lines += ["", "Protected, never removed: " + Self.amount(protected.recordings, protected.bytes)]
        }
        return lines.joined(separator: "\n")
    }

    private var limitsLine: String {
        var parts: [String] = []
        if let bytes = limits.maxBytes { parts.append("\(Self.size(bytes)) in all") }
        if let days = limits.maxDays { parts.append("\(Self.number(days)) days") }
        if let bytes = limits.minFreeBytes { parts.append("\(Self.size(bytes)) free on the volume") }
        parts += limits.cameraBytes.sorted { $0.key < $1.key }.map { "\(Self.size($0.value)) for \($0.key)" }
        return "Limits: " + (parts.isEmpty ? "none" : parts.joined(separator: ", "))
    }

    private var usageLine: String {
        let free = usage.freeBytes.map { "; \(Self.size($0)) free on the volume" } ?? ""
        return "In use: " + Self.amount(usage.total.recordings, usage.total.bytes) + free
    }

    private func why(_ reason: RetentionPlan.Reason, _ clip: RetainedClip) -> String {
        switch reason {
        case .age: "older than \(Self.number(limits.maxDays ?? 0)) days"
        case .cameraQuota: "\(clip.camera) has more than \(Self.size(limits.cameraBytes[clip.camera] ?? 0))"
        case .storage: "more than \(Self.size(limits.maxBytes ?? 0)) in all"
        case .freeSpace: "less than \(Self.size(limits.minFreeBytes ?? 0)) free on the volume"
        }
    }

    private static func clip(_ clip: RetainedClip) -> String {
        "  \(clip.id)  \(moment(clip.startMicroseconds))  \(clip.camera)  \(size(clip.bytes))"
    }

    private static func moment(_ microseconds: Int64) -> String {
        WallTime.isoText(microseconds).prefix(16).replacingOccurrences(of: "T", with: " ") + " UTC"
    }

    static func amount(_ recordings: Int, _ bytes: Int64) -> String { "\(count(recordings)), \(size(bytes))" }

    private static func count(_ recordings: Int) -> String {
        recordings == 1 ? "1 recording" : "\(recordings) recordings"
    }

    private static func number(_ value: Double) -> String { String(format: "%g", value) }

    /// In the units of the settings.
    private static func size(_ bytes: Int64) -> String {
        let megabytes = Double(bytes) / 1_048_576
        return megabytes < 1024
            ? String(format: "%.1f MB", megabytes) : String(format: "%.1f GB", megabytes / 1024)
    }
}

extension RetentionPlan.Obstacle: CustomStringConvertible {
    /// Why a limit is still exceeded, for a terminal or a log.
    package var description: String {
        switch self {
        case .protected(let reason, let recordings, let bytes):
            "\(reason.limit): \(RetentionText.amount(recordings, bytes)) that would be next are protected"
        case .halfReached(let reason):
            "\(reason.limit): one pass removes at most half of everything, unless the limits were changed since the last one"
        case .waiting:
            "age: there was more to remove than half of everything, as when the clock is wrong; "
                + "no more goes for its age until a day has passed or the limits are changed"
        case .exhausted(let reason):
            "\(reason.limit): still exceeded, but nothing is left that could go"
        }
    }
}

extension RetentionPlan.Reason {
    /// The limit in words.
    fileprivate var limit: String {
        switch self {
        case .age: "age"
        case .cameraQuota: "a camera's quota"
        case .storage: "storage"
        case .freeSpace: "free space"
        }
    }
}
