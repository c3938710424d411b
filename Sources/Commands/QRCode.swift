private import CQRencode

/// A QR code as text for a terminal: two modules a character, light on dark, with the quiet zone that readers need.
struct QRCode {
    private static let quietZone = 4

    private let width: Int
    private let isDark: [Bool]

    /// nil for a text that fits none, or when there is no memory.
    init?(_ text: String) {
        guard let code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L) else { return nil }
        defer { QRcode_free(code) }
        width = Int(code.pointee.width)
        guard let data = code.pointee.data, width > 0 else { return nil }
        isDark = UnsafeBufferPointer(start: data, count: width * width).map { $0 & 1 == 1 }
    }

    /// Dark modules are left out and light ones drawn: most terminals are dark, and with explicit colours all show it right.
    var terminalText: String {
        let side = width + 2 * Self.quietZone
        return stride(from: 0, to: side, by: 2).map { row in
            let line = (0..<side).map { column in
                switch (isLight(row, column), row + 1 < side && isLight(row + 1, column)) {
                case (true, true): "█"
                case (true, false): "▀"
                case (false, true): "▄"
                case (false, false): " "
                }
            }
            return "\u{1B}[97;40m" + line.joined() + "\u{1B}[0m\n"
        }.joined()
    }

    private func isLight(_ row: Int, _ column: Int) -> Bool {
        let (row, column) = (row - Self.quietZone, column - Self.quietZone)
        guard (0..<width).contains(row), (0..<width).contains(column) else { return true }
        return !isDark[row * width + column]
    }
}
