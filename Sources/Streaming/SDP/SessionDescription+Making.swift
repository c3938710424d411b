package import FFmpeg
private import Foundation

/// The description of a camera for DESCRIBE.
package enum SessionText {
    /// - Parameters:
    ///   - name: of the session; line ends are taken out.
    ///   - media: in the order of their numbers; they are called `trackID=0` and so on.
    package static func describing(name: String, media: [(stream: StreamInfo, packetizer: Packetizer)]) -> String {
        let title = String(name.unicodeScalars.filter { !CharacterSet.controlCharacters.contains($0) })
        var lines = [
            "v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=\(title.isEmpty ? "-" : title)", "c=IN IP4 0.0.0.0", "t=0 0",
            "a=tool:SpectraX", "a=range:npt=now-", "a=control:*",
        ]
        for (track, (stream, packetizer)) in media.enumerated() {
            let codec = packetizer.codec
            let type = packetizer.payloadType
            lines.append("m=\(codec.isVideo ? "video" : "audio") 0 RTP/AVP \(type)")
            let channels =
                codec == .opus ? "/2" : codec == .aac || stream.channels > 1 ? "/\(max(1, stream.channels))" : ""
            lines.append(
                "a=rtpmap:\(type) \(codec.encodingName)/\(packetizer.clockRate)\(codec.isVideo ? "" : channels)")
            if let parameters = parameters(of: codec, stream) { lines.append("a=fmtp:\(type) \(parameters)") }
            lines.append("a=control:trackID=\(track)")
        }
        return lines.map { $0 + "\r\n" }.joined()
    }

    private static func parameters(of codec: MediaCodec, _ stream: StreamInfo) -> String? {
        let extradata = stream.parameters.extradata
        func base64(_ unit: [UInt8]) -> String { Data(unit).base64EncodedString() }
        switch codec {
        case .h264:
            let sets = SetUpUnits(extradata, family: .h264).sets
            var text = "packetization-mode=1"
            if let sequence = sets.first(where: { NALFamily.h264.type($0[0]) == 7 && $0.count > 3 }) {
                text += "; profile-level-id=" + sequence[1...3].map { String(format: "%02X", $0) }.joined()
            }
            return sets.isEmpty ? text : text + "; sprop-parameter-sets=" + sets.map(base64).joined(separator: ",")
        case .h265:
            let sets = SetUpUnits(extradata, family: .h265).sets
            let names: [(String, UInt8)] = [("sprop-vps", 32), ("sprop-sps", 33), ("sprop-pps", 34)]
            let parts = names.compactMap { name, type in
                let units = sets.filter { NALFamily.h265.type($0[0]) == type }
                return units.isEmpty ? nil : "\(name)=" + units.map(base64).joined(separator: ",")
            }
            return parts.isEmpty ? nil : parts.joined(separator: "; ")
        case .aac:
            let configuration = extradata.isEmpty ? ADTS.configuration(of: stream) ?? [] : extradata
            let digits = configuration.map { String(format: "%02X", $0) }.joined()
            return "streamtype=5; profile-level-id=1; mode=AAC-hbr; sizelength=13; indexlength=3; "
                + "indexdeltalength=3; config=\(digits)"
        case .opus: return stream.channels > 1 ? "sprop-stereo=1" : nil
        case .mjpeg, .pcmu, .pcma: return nil
        }
    }
}
