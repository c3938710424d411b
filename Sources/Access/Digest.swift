private import Crypto
private import Foundation

/// Digest authentication (RFC 7616; RFC 2617 for clients that know no `qop`).
enum Digest {
    enum Algorithm: String, CaseIterable {
        case sha256 = "SHA-256"
        case md5 = "MD5"

        func hex(_ text: String) -> String {
            let bytes = Array(text.utf8)
            return switch self {
            case .sha256: SHA256.hash(data: bytes).hexDigits
            case .md5: Insecure.MD5.hash(data: bytes).hexDigits
            }
        }
    }

    /// What a client sends in `Authorization`.
    struct Answer {
        let fields: [String: String]
        let algorithm: Algorithm

        /// - Parameter text: behind `Digest`. nil for what cannot be checked.
        init?(_ text: Substring) {
            guard text.utf8.count <= 4096 else { return nil }
            fields = Digest.fields(of: text)
            switch fields["algorithm"]?.uppercased() {
            case nil, "MD5": algorithm = .md5
            case "SHA-256": algorithm = .sha256
            default: return nil
            }
        }

        var username: String { fields["username"] ?? "" }
        var nonce: String { fields["nonce"] ?? "" }
        var uri: String { fields["uri"] ?? "" }
        var response: String { fields["response"] ?? "" }

        /// What `response` has to be with this password.
        func expected(password: String, realm: String, method: String) -> String {
            let secret = algorithm.hex("\(username):\(realm):\(password)")
            let request = algorithm.hex("\(method):\(uri)")
            guard let qop = fields["qop"] else { return algorithm.hex("\(secret):\(nonce):\(request)") }
            return algorithm.hex(
                "\(secret):\(nonce):\(fields["nc"] ?? ""):\(fields["cnonce"] ?? ""):\(qop):\(request)")
        }
    }

    /// `name="value", name=value` as a dictionary. Of a name that comes twice the first counts.
    static func fields(of text: Substring) -> [String: String] {
        var fields: [String: String] = [:]
        var rest = text
        while let equals = rest.firstIndex(of: "="), fields.count < 32 {
            let name = rest[..<equals].filter { $0 != "," && !$0.isWhitespace }.lowercased()
            rest = rest[rest.index(after: equals)...].drop(while: \.isWhitespace)
            var value = ""
            if rest.first == "\"" {
                rest = rest.dropFirst()
                var isEscaped = false
                while let character = rest.first {
                    rest = rest.dropFirst()
                    if isEscaped {
                        value.append(character)
                        isEscaped = false
                    } else if character == "\\" {
                        isEscaped = true
                    } else if character == "\"" {
                        break
                    } else {
                        value.append(character)
                    }
                }
            } else {
                value = rest.prefix { $0 != "," }.filter { !$0.isWhitespace }
                rest = rest.drop { $0 != "," }
            }
            if fields[name] == nil { fields[name] = value }
        }
        return fields
    }
}

extension Crypto.Digest {
    fileprivate var hexDigits: String { map { String(format: "%02x", $0) }.joined() }
}

/// Compares without telling by its time where two texts differ.
func isEqualInConstantTime(_ left: String, _ right: String) -> Bool {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    guard !right.isEmpty else { return left.isEmpty }
    var difference = left.count ^ right.count
    for index in left.indices { difference |= Int(left[index] ^ right[index % right.count]) }
    return difference == 0
}
