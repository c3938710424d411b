/// Access units of H.264 (RFC 6184, non-interleaved mode) and H.265 (RFC 7798, without DONL) in Annex B form.
///
/// Where cameras break the rules without losing anything, they are understood: start codes inside a payload, fragments that
/// are empty, lack their end, or change their type, a marker on an SEI. What tells of loss is the sequence of the packets.
struct NALDepacketizer: Sendable {
    private let family: NALFamily
    private var bytes: [UInt8] = []
    private var timestamp: Int64?
    private var hasPicture = false
    private var isKeyFrame = false
    private var isDamaged = false
    /// Whether fragments of a unit come, of which the first was there.
    private var isInFragments = false
    /// Whether parameter sets have come among the pictures.
    private var hasSentSets = false
    /// Bytes in which `noteHiddenUnits` has looked.
    private var searched = 0

    init(_ family: NALFamily) {
        self.family = family
    }

    mutating func receive(
        _ payload: UnsafeRawBufferPointer, at time: Int64, isLast: Bool, isAfterGap: Bool,
        into units: inout [AccessUnit], _ lost: inout Int
    ) {
        if isAfterGap, timestamp != nil { isDamaged = true }
        if let timestamp, timestamp != time {
            noteHiddenUnits()
            // Parameter sets and SEI that came with a time of their own belong to the picture behind them.
            if hasPicture || isDamaged { finish(into: &units, &lost) }
        }
        if isAfterGap {
            // What is missing was the beginning of this unit, unless this packet is.
            if !beginsPicture(payload) { isDamaged = true }
            isInFragments = false
        }
        timestamp = time
        if !take(payload) { isDamaged = true }
        if bytes.count > AccessUnit.maximumBytes {
            isDamaged = true
            bytes.removeAll()
            searched = 0
        }
        guard isLast else { return }
        noteHiddenUnits()
        // Some mark the end with each SEI or parameter set.
        if hasPicture || isDamaged { finish(into: &units, &lost) }
    }

    private mutating func finish(into units: inout [AccessUnit], _ lost: inout Int) {
        if isDamaged || !hasPicture {
            lost += 1
        } else if let timestamp {
            units.append(AccessUnit(bytes: bytes, timestamp: timestamp, isKeyFrame: isKeyFrame))
        }
        bytes = []
        timestamp = nil
        hasPicture = false
        isKeyFrame = false
        isDamaged = false
        isInFragments = false
        searched = 0
    }

    /// - Returns: whether the payload makes sense.
    private mutating func take(_ payload: UnsafeRawBufferPointer) -> Bool {
        guard let first = payload.first, payload.count >= headerSize else { return false }
        // Against the standard, but sent: a start code where the unit's header should be.
        if NALUnits.startsWithStartCode(payload) { return takeUnits(NALUnits.betweenStartCodes(payload), of: payload) }
        switch (family, family.type(first)) {
        case (.h264, 24): return takeAggregate(payload.part(1..<payload.count))
        case (.h264, 28): return takeFragment(payload)
        // Of the interleaved mode.
        case (.h264, 25...27), (.h264, 29): return false
        case (.h265, 48): return takeAggregate(payload.part(2..<payload.count))
        case (.h265, 49): return takeFragment(payload)
        // Carries a part of a picture behind a header that is not read here (PACI).
        case (.h265, 50): return false
        // Reserved: to be passed over.
        case (.h264, 0), (.h264, 30...31), (.h265, 51...63): return true
        default: return takeUnits([0..<payload.count], of: payload)
        }
    }

    private var headerSize: Int { family == .h264 ? 1 : 2 }

    private mutating func takeUnits(_ ranges: [Range<Int>], of payload: UnsafeRawBufferPointer) -> Bool {
        for range in ranges { append(payload.part(range)) }
        isInFragments = false
        return true
    }

    private mutating func takeAggregate(_ payload: UnsafeRawBufferPointer) -> Bool {
        isInFragments = false
        var position = 0
        while position + 2 <= payload.count {
            let size = Int(payload.bigEndian16(at: position))
            position += 2
            guard size <= payload.count - position else { return false }
            if size > 0 { append(payload.part(position..<(position + size))) }
            position += size
        }
        return true
    }

    private mutating func takeFragment(_ payload: UnsafeRawBufferPointer) -> Bool {
        guard payload.count > headerSize else { return false }
        let control = payload[headerSize]
        let type = control & (family == .h264 ? 0x1F : 0x3F)
        if control & 0x80 != 0 {
            bytes += NALUnits.startCode
            if family == .h264 {
                bytes.append(payload[0] & 0xE0 | type)
            } else {
                bytes.append(payload[0] & 0x81 | type << 1)
                bytes.append(payload[1])
            }
            note(type)
            isInFragments = true
        }
        guard isInFragments else { return false }
        bytes.append(contentsOf: payload.part((headerSize + 1)..<payload.count))
        if control & 0x40 != 0 { isInFragments = false }
        return true
    }

    private mutating func append(_ unit: UnsafeRawBufferPointer) {
        guard let first = unit.first else { return }
        bytes += NALUnits.startCode
        bytes.append(contentsOf: unit)
        let type = family.type(first)
        note(type)
        if family == .h264, type == 6, SEI.hasRecoveryPoint(unit) { isKeyFrame = true }
    }

    private mutating func note(_ type: UInt8) {
        if family.isPicture(type) { hasPicture = true }
        if family.isKey(type) { isKeyFrame = true }
        if family.isParameterSet(type) { hasSentSets = true }
    }

    /// Some send parameter sets and the picture behind them as one unit, with start codes in its middle.
    private mutating func noteHiddenUnits() {
        guard !hasPicture else { return }
        let fresh = max(0, searched - NALUnits.startCode.count)
        searched = bytes.count
        bytes.withUnsafeBytes { bytes in
            let bytes = bytes.part(fresh..<bytes.count)
            for range in NALUnits.betweenStartCodes(bytes) { note(family.type(bytes[range.lowerBound])) }
        }
    }

    /// Whether a payload is the first of a picture: begins with a parameter set, a delimiter or the first slice.
    private func beginsPicture(_ payload: UnsafeRawBufferPointer) -> Bool {
        guard payload.count > headerSize + 1 else { return false }
        var unit = payload
        var type = family.type(payload[0])
        switch (family, type) {
        case (.h264, 24), (.h265, 48):
            unit = payload.part((headerSize + 2)..<payload.count)
            type = family.type(unit.first ?? 0)
        case (.h264, 28), (.h265, 49):
            let control = payload[headerSize]
            guard control & 0x80 != 0 else { return false }
            // Its slice header is where that of a whole unit is when the fragment's is taken away.
            unit = payload.part(1..<payload.count)
            type = control & (family == .h264 ? 0x1F : 0x3F)
        default: break
        }
        // The first bit of a slice header says so: `first_mb_in_slice` 0, `first_slice_segment_in_pic_flag`.
        if family.isPicture(type) {
            let isFirst = unit.count > headerSize && unit[headerSize] & 0x80 != 0
            // Parameter sets should have been in front of a key frame.
            return isFirst && !(family.isKey(type) && hasSentSets)
        }
        return family.isParameterSet(type) || family.isDelimiter(type)
    }
}

/// Supplemental enhancement information of H.264 (ITU-T H.264, annex D).
enum SEI {
    /// Whether decoding can begin at the picture that it belongs to, though that is no IDR picture (D.2.8): encoders with
    /// open GOPs or with a refresh that wanders over the picture say so.
    static func hasRecoveryPoint(_ unit: UnsafeRawBufferPointer) -> Bool {
        var position = 1
        /// A number in the form of a message's type and size: each 255 is followed by more.
        func number() -> Int? {
            var sum = 0
            while position < unit.count {
                let byte = unit[position]
                position += 1
                sum += Int(byte)
                if byte != 255 { return sum }
            }
            return nil
        }
        // The last byte of a unit are its trailing bits.
        while position + 2 < unit.count, let type = number(), let size = number() {
            if type == 6 { return true }
            position += size
        }
        return false
    }
}
