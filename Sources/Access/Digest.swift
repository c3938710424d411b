private import Crypto

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
        let username: String
        let realm: String
        let nonce: String
        let uri: String
        /// Which request with this nonce it is (`nc`); nil without `qop`.
        let count: UInt32?

        private let algorithm: Algorithm
        private let response: String
        /// What stands between the nonce and the request in the hash: empty without `qop`.
        private let protection: String

        /// - Parameter text: behind `Digest`. nil for what cannot be checked.
        init?(_ text: Substring) {
            guard text.utf8.count <= 4096 else { return nil }
            let fields = Digest.fields(of: text)
            switch fields["algorithm"]?.uppercased() {
            case nil, "MD5": algorithm = .md5
            case "SHA-256": algorithm = .sha256
            default: return nil
            }
            guard let username = fields["username"], let realm = fields["realm"], let nonce = fields["nonce"],
                let uri = fields["uri"], let response = fields["response"]
            else { return nil }
            switch fields["qop"] {
            case nil, "":
                count = nil
                protection = ""
            case "auth":
                guard let nc = fields["nc"], (1...8).contains(nc.utf8.count), nc.utf8.first != UInt8(ascii: "+"),
                    let count = UInt32(nc, radix: 16), let cnonce = fields["cnonce"]
                else { return nil }
                self.count = count
                protection = "\(nc):\(cnonce):auth:"
            default: return nil
            }
            (self.username, self.realm, self.nonce, self.uri) = (username, realm, nonce, uri)
            self.response = response.lowercased()
        }

        /// Whether it was made with this password. Takes the same time for each.
        func isRight(password: String, method: String) -> Bool {
            let secret = algorithm.hex("\(username):\(realm):\(password)")
            let request = algorithm.hex("\(method):\(uri)")
            return isEqualInConstantTime(response, algorithm.hex("\(secret):\(nonce):\(protection)\(request)"))
        }
    }

    /// `name="value", name=value` as a dictionary. Of a name that comes twice the first counts.
    static func fields(of text: Substring) -> [String: String] {
        var fields: [String: String] = [:]
        var rest = text.unicodeScalars
        while let equals = rest.firstIndex(of: "="), fields.count < 32 {
            let name = String(Substring(rest[..<equals])).lowercased().filter { $0 != "," && !$0.isWhitespace }
            rest = rest[rest.index(after: equals)...].drop(while: \.properties.isWhitespace)
            var value = String.UnicodeScalarView()
            if rest.first == "\"" {
                rest = rest.dropFirst()
                var isEscaped = false
                while let scalar = rest.popFirst(), isEscaped || scalar != "\"" {
                    if !isEscaped, scalar == "\\" {
                        isEscaped = true
                    } else {
                        value.append(scalar)
                        isEscaped = false
                    }
                }
            } else {
                value.append(contentsOf: rest.prefix { $0 != "," }.filter { !$0.properties.isWhitespace })
                rest = rest.drop { $0 != "," }
            }
            if fields[name] == nil { fields[name] = String(value) }
        }
        return fields
    }
}

extension Sequence<UInt8> {
    var hexDigits: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// Compares without telling by its time where two texts differ.
func isEqualInConstantTime(_ left: String, _ right: String) -> Bool {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    guard !right.isEmpty else { return left.isEmpty }
    var difference = left.count ^ right.count
    for index in left.indices { difference |= Int(left[index] ^ right[index % right.count]) }
    return difference == 0
}
