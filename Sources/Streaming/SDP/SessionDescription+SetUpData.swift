private import Foundation

extension SessionDescription.Media {
    /// Larger set-up data is not taken: a camera's is some hundred bytes.
    static let maximumSetUpBytes = 16 << 10

    /// What a decoder needs to know beforehand, in FFmpeg's form: parameter sets (Annex B), AudioSpecificConfig. Empty
    /// where the description has none that makes sense; for video the pictures then carry them.
    package var setUpData: [UInt8] {
        switch codec {
        case .h264: annexB(["sprop-parameter-sets"])
        case .h265: annexB(["sprop-vps", "sprop-sps", "sprop-pps"])
        case .aac: latm?.audio ?? configuration ?? []
        default: []
        }
    }

    /// AAC in LATM is known when the description says how it is wrapped (RFC 6416): by `cpresent=0` and a `config` that is.
    mutating func takeLATM() {
        guard encodingName?.uppercased() == "MP4A-LATM", parameters["cpresent"] == "0",
            let mux = configuration.flatMap({ StreamMuxConfiguration($0) }), mux.duration(clockRate: clockRate) != nil
        else { return }
        codec = .aac
        latm = mux
        channels = mux.channels
    }

    private func annexB(_ names: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for set in names.flatMap({ (parameters[$0] ?? "").split(separator: ",") }) {
            guard set.utf8.count <= Self.maximumSetUpBytes, let data = Data(base64Encoded: padded(set.trimmed)),
                !data.isEmpty
            else { continue }
            data.withUnsafeBytes { unit in
                // Against the standard, but sent: sets with start codes.
                let units = NALUnits.startsWithStartCode(unit) ? NALUnits.betweenStartCodes(unit) : [0..<unit.count]
                for range in units {
                    bytes += NALUnits.startCode
                    bytes.append(contentsOf: unit.part(range))
                }
            }
        }
        return bytes.count <= Self.maximumSetUpBytes ? bytes : []
    }

    /// Some leave out the padding.
    private func padded(_ text: String) -> String {
        let bare = text.prefix { $0 != "=" }
        return bare + String(repeating: "=", count: (4 - bare.utf8.count % 4) % 4)
    }

    private var configuration: [UInt8]? {
        guard let digits = parameters["config"], digits.utf8.count <= 128, digits.utf8.count % 2 == 0 else {
            return nil
        }
        var bytes: [UInt8] = []
        var rest = Substring(digits)
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
