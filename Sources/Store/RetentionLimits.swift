/// How much may be kept. What is nil does not limit.
package struct RetentionLimits: Hashable, Codable, Sendable {
    /// Bytes of all clips together.
    package var maxBytes: Int64?
    /// Days since a recording started.
    package var maxDays: Double?
    /// Bytes that stay free on the volume, for whoever writes there.
    package var minFreeBytes: Int64?
    /// Bytes of a camera's clips, by its path.
    package var cameraBytes: [String: Int64]
    /// Days for which the rows of removed recordings are kept as history.
    package var historyDays: Double?

    package init(
        maxBytes: Int64? = nil, maxDays: Double? = nil, minFreeBytes: Int64? = nil, cameraBytes: [String: Int64] = [:],
        historyDays: Double? = nil
    ) {
        self.maxBytes = maxBytes
        self.maxDays = maxDays
        self.minFreeBytes = minFreeBytes
        self.cameraBytes = cameraBytes
        self.historyDays = historyDays
    }

    /// Gigabytes as settings and the API count them (2³⁰ bytes); numbers that are none or too large are moved into range.
    package static func bytes(gigabytes: Double) -> Int64 {
        gigabytes.isNaN ? 0 : Int64(min(max(gigabytes, 0), 1e9) * 1_073_741_824)
    }
}

/// What retention looks at in a recording.
package struct RetainedClip: Hashable, Sendable {
    package let id: Int64
    /// Path of its camera.
    package let camera: String
    package let startMicroseconds: Int64
    package let bytes: Int64
    package let isProtected: Bool

    package init(id: Int64, camera: String, startMicroseconds: Int64, bytes: Int64, isProtected: Bool) {
        self.id = id
        self.camera = camera
        self.startMicroseconds = startMicroseconds
        self.bytes = bytes
        self.isProtected = isProtected
    }
}

/// How much there is before a pass.
package struct RetentionUsage: Hashable, Sendable {
    package struct Amount: Hashable, Sendable {
        package var recordings: Int
        package var bytes: Int64

        package init(recordings: Int = 0, bytes: Int64 = 0) {
            self.recordings = recordings
            self.bytes = bytes
        }
    }

    /// By the path of the camera.
    package var cameras: [String: Amount]
    /// Bytes that the volume has free; nil when it cannot be told.
    package var freeBytes: Int64?

    package init(cameras: [String: Amount], freeBytes: Int64?) {
        self.cameras = cameras
        self.freeBytes = freeBytes
    }

    package var total: Amount {
        cameras.values.reduce(into: Amount()) { sum, amount in
            sum.recordings += amount.recordings
            sum.bytes += amount.bytes
        }
    }
}
