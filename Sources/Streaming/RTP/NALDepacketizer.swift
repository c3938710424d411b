/// Access units of H.264 (RFC 6184, non-interleaved mode) and H.265 (RFC 7798, without DONL) in Annex B form.
struct NALDepacketizer: Sendable {
    private let family: NALFamily
    private var bytes: [UInt8] = []
    private var timestamp: Int64?
    private var hasPicture = false
    private var isKeyFrame = false
    private var isDamaged = false
    /// Type of the unit whose fragments come; nil between units.
    private var fragment: UInt8?

    init(_ family: NALFamily) {
        self.family = family
    }

    mutating func receive(
        _ payload: UnsafeRawBufferPointer, at time: Int64, isLast: Bool, isAfterGap: Bool,
        into units: inout [AccessUnit], _ lost: inout Int
    ) {
        if let timestamp, timestamp != time, hasPicture || isDamaged { finish(into: &units, &lost) }
        // Parameter sets and SEI that came with a time of their own belong to the picture behind them.
        timestamp = time
        if isAfterGap {
            isDamaged = true
            fragment = nil
        }
        if !take(payload) { isDamaged = true }
        if bytes.count > AccessUnit.maximumBytes {
            isDamaged = true
            bytes.removeAll()
        }
        // Some mark the end with each SEI or parameter set.
        if isLast, hasPicture || (isDamaged && fragment == nil) { finish(into: &units, &lost) }
    }

    private mutating func finish(into units: inout [AccessUnit], _ lost: inout Int) {
        if isDamaged || fragment != nil || !hasPicture {
            lost += 1
        } else if let timestamp {
            units.append(AccessUnit(bytes: bytes, timestamp: timestamp, isKeyFrame: isKeyFrame))
        }
        bytes = []
        timestamp = nil
        hasPicture = false
        isKeyFrame = false
        isDamaged = false
        fragment = nil
    }

    /// - Returns: whether the payload makes sense.
    private mutating func take(_ payload: UnsafeRawBufferPointer) -> Bool {
        guard let first = payload.first, payload.count >= headerSize else { return false }
        switch (family, family.type(first)) {
        case (.h264, 24): return takeAggregate(payload.part(1..<payload.count))
        case (.h264, 28): return takeFragment(payload)
        case (.h264, 0), (.h264, 25...31): return false
        case (.h265, 48): return takeAggregate(payload.part(2..<payload.count))
        case (.h265, 49): return takeFragment(payload)
        case (.h265, 50...63): return false
        default: return takeUnit(payload)
        }
    }

    private var headerSize: Int { family == .h264 ? 1 : 2 }

    private mutating func takeUnit(_ unit: UnsafeRawBufferPointer) -> Bool {
        if NALUnits.startsWithStartCode(unit) {
            // Against the standard, but sent: several units with start codes in one payload.
            for range in NALUnits.betweenStartCodes(unit) { append(unit.part(range)) }
        } else {
            append(unit)
        }
        let isWhole = fragment == nil
        fragment = nil
        return isWhole
    }

    private mutating func takeAggregate(_ payload: UnsafeRawBufferPointer) -> Bool {
        var position = 0
        while position + 2 <= payload.count {
            let size = Int(payload.bigEndian16(at: position))
            position += 2
            guard size <= payload.count - position else { return false }
            if size > 0 { append(payload.part(position..<(position + size))) }
            position += size
        }
        let isWhole = fragment == nil
        fragment = nil
        return isWhole
    }

    private mutating func takeFragment(_ payload: UnsafeRawBufferPointer) -> Bool {
        guard payload.count > headerSize else { return false }
        let control = payload[headerSize]
        let isStart = control & 0x80 != 0
        let isEnd = control & 0x40 != 0
        let type = control & (family == .h264 ? 0x1F : 0x3F)
        let content = payload.part((headerSize + 1)..<payload.count)
        if isStart {
            let isWhole = fragment == nil
            bytes += NALUnits.startCode
            if family == .h264 {
                bytes.append(payload[0] & 0xE0 | type)
            } else {
                bytes.append(payload[0] & 0x81 | type << 1)
                bytes.append(payload[1])
            }
            note(type)
            bytes.append(contentsOf: content)
            fragment = isEnd ? nil : type
            return isWhole
        }
        guard fragment == type else {
            fragment = nil
            return false
        }
        bytes.append(contentsOf: content)
        if isEnd { fragment = nil }
        return true
    }

    private mutating func append(_ unit: UnsafeRawBufferPointer) {
        guard let first = unit.first else { return }
        bytes += NALUnits.startCode
        bytes.append(contentsOf: unit)
        note(family.type(first))
    }

    private mutating func note(_ type: UInt8) {
        if family.isPicture(type) { hasPicture = true }
        if family.isKey(type) { isKeyFrame = true }
    }
}
