private import Domain
private import Foundation

/// The playlists as text (RFC 8216bis).
extension HLSWindow {
    /// Parts are listed up to this distance from the newest.
    private static let listedPartsSeconds = 3.0 * Double(targetSeconds)

    /// The playlist that says what the camera sends, and names the other one; nil before there is anything.
    func multivariantPlaylist(mediaName: String) -> String? {
        guard let segment = segments.last else { return nil }
        let content = segment.header.content
        let rates = segments.filter { $0.seconds > 0 }.map { Double($0.byteCount) * 8 / $0.seconds }
        let seconds = segments.reduce(0) { $0 + $1.seconds }
        let bytes = segments.reduce(0) { $0 + $1.byteCount }
        var attributes = [
            "BANDWIDTH=\(Self.whole(rates.max() ?? 0))",
            "AVERAGE-BANDWIDTH=\(Self.whole(Double(bytes) * 8 / max(seconds, 0.001)))", "CODECS=\"\(content.codecs)\"",
            "RESOLUTION=\(content.width)x\(content.height)",
        ]
        if let rate = frameRate { attributes.append("FRAME-RATE=\(Self.decimal(rate, 3))") }
        return """
            #EXTM3U
            #EXT-X-VERSION:9
            #EXT-X-STREAM-INF:\(attributes.joined(separator: ","))
            \(mediaName)

            """
    }

    /// Pictures a second of whole segments: the first pictures' times are not all to be trusted.
    private var frameRate: Double? {
        let parts = segments.filter(\.isComplete).flatMap(\.parts)
        let seconds = parts.reduce(0) { $0 + $1.seconds }
        return seconds > 0 ? Double(parts.reduce(0) { $0 + $1.pictureCount }) / seconds : nil
    }

    /// The playlist of segments and parts; nil before there is anything.
    ///
    /// - Parameter session: see `HLSName`.
    func mediaPlaylist(session: String) -> String? {
        guard let first = listed.first, let partTarget = partTargetSeconds else { return nil }
        var lines = [
            "#EXTM3U", "#EXT-X-VERSION:9", "#EXT-X-TARGETDURATION:\(Self.targetSeconds)",
            "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=\(Self.decimal(3 * partTarget, 3)),"
                + "HOLD-BACK=\(3 * Self.targetSeconds)",
            "#EXT-X-PART-INF:PART-TARGET=\(Self.decimal(partTarget, 3))",
            "#EXT-X-MEDIA-SEQUENCE:\(first.number)",
            "#EXT-X-DISCONTINUITY-SEQUENCE:\(first.earlierDiscontinuities)",
        ]
        var header: Int?
        var left = listed.reduce(0) { $0 + $1.seconds }
        for segment in listed {
            if segment.isDiscontinuous { lines.append("#EXT-X-DISCONTINUITY") }
            if segment.header.number != header {
                let name = HLSName.header(segment.header.number).text(session: session)
                lines.append("#EXT-X-MAP:URI=\"\(name)\"")
                header = segment.header.number
            }
            lines.append("#EXT-X-PROGRAM-DATE-TIME:\(Self.date(segment.wallSeconds))")
            left -= segment.seconds
            if left < Self.listedPartsSeconds { lines += parts(of: segment, session: session) }
            if segment.isComplete {
                lines.append("#EXTINF:\(Self.decimal(segment.seconds, 5)),")
                lines.append(HLSName.segment(segment.number).text(session: session))
            }
        }
        let next = nextPosition
        let hint = HLSName.part(segment: next.segment, index: next.part ?? 0).text(session: session)
        lines.append("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"\(hint)\"")
        return lines.joined(separator: "\n") + "\n"
    }

    private func parts(of segment: HLSSegment, session: String) -> [String] {
        segment.parts.enumerated().map { index, part in
            let name = HLSName.part(segment: segment.number, index: index).text(session: session)
            return "#EXT-X-PART:DURATION=\(Self.decimal(part.seconds, 5)),URI=\"\(name)\""
                + (part.isIndependent ? ",INDEPENDENT=YES" : "")
        }
    }

    private static func decimal(_ value: Double, _ places: Int) -> String {
        String(format: "%.\(places)f", value)
    }

    private static func whole(_ value: Double) -> Int { Int(min(max(value.rounded(.up), 1), 1e12)) }

    private static func date(_ seconds: Double) -> String {
        WallTime.zonedText(Int64((min(max(seconds, 0), 1e11) * 1e6).rounded()))
    }
}
