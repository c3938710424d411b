import HTTPTypes

/// What a request says about the copy of a file that the client has already (RFC 9110, section 13).
struct FileConditions {
    let entityTag: String
    /// Seconds since 1970.
    let modifiedSeconds: Int64
    let headers: HTTPFields

    /// Whether 304 is the answer.
    var isUnmodified: Bool {
        if let field = headers[.ifNoneMatch] {
            return field == "*" || Self.tags(in: field).contains(entityTag)
        }
        guard let field = headers[.ifModifiedSince], let since = HTTPDate.seconds(of: field) else { return false }
        return modifiedSeconds <= since
    }

    /// Whether 412 is the answer.
    var isRefused: Bool {
        if let field = headers[.ifMatch] { return field != "*" && !Self.strongTags(in: field).contains(entityTag) }
        guard let field = headers[.ifUnmodifiedSince], let since = HTTPDate.seconds(of: field) else { return false }
        return modifiedSeconds > since
    }

    /// Whether `Range` counts: it does not when the client's part is of another version.
    var isRangeValid: Bool {
        guard let field = headers[.ifRange] else { return true }
        if field.hasPrefix("\"") || field.hasPrefix("W/") { return field == entityTag }
        return HTTPDate.seconds(of: field) == modifiedSeconds
    }

    /// Weak comparison: a tag and its weak form are the same.
    private static func tags(in field: String) -> [String] {
        strongTags(in: field).map { $0.hasPrefix("W/") ? String($0.dropFirst(2)) : $0 }
    }

    /// Entity tags may hold commas between their quotes.
    private static func strongTags(in field: String) -> [String] {
        var tags: [String] = []
        var tag = ""
        var isQuoted = false
        for character in field {
            switch character {
            case "\"":
                isQuoted.toggle()
                tag.append(character)
            case ",", " ", "\t":
                if isQuoted {
                    tag.append(character)
                } else if !tag.isEmpty {
                    tags.append(tag)
                    tag = ""
                }
            default: tag.append(character)
            }
        }
        return tag.isEmpty ? tags : tags + [tag]
    }
}
