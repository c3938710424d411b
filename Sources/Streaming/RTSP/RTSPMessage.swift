/// A request of RTSP 1.0 (RFC 2326, section 6).
package struct RTSPRequest: Sendable, Hashable {
    package var method: String
    package var uri: String
    /// Names in lower case, in the order received.
    package var headers: [RTSPHeader]
    package var body: [UInt8]

    package init(method: String, uri: String, headers: [RTSPHeader] = [], body: [UInt8] = []) {
        self.method = method
        self.uri = uri
        self.headers = headers
        self.body = body
    }

    /// The first value of a header; `name` in lower case.
    package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

package struct RTSPHeader: Sendable, Hashable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A status of RFC 2326, section 7.1.1.
package struct RTSPStatus: Sendable, Hashable {
    package let code: Int
    package let reason: String

    package static let ok = RTSPStatus(code: 200, reason: "OK")
    package static let badRequest = RTSPStatus(code: 400, reason: "Bad Request")
    package static let unauthorized = RTSPStatus(code: 401, reason: "Unauthorized")
    package static let forbidden = RTSPStatus(code: 403, reason: "Forbidden")
    package static let notFound = RTSPStatus(code: 404, reason: "Not Found")
    package static let notAllowed = RTSPStatus(code: 405, reason: "Method Not Allowed")
    package static let tooMany = RTSPStatus(code: 429, reason: "Too Many Requests")
    package static let noSession = RTSPStatus(code: 454, reason: "Session Not Found")
    package static let invalidState = RTSPStatus(code: 455, reason: "Method Not Valid in This State")
    package static let aggregateNotAllowed = RTSPStatus(code: 459, reason: "Aggregate Operation Not Allowed")
    package static let unsupportedTransport = RTSPStatus(code: 461, reason: "Unsupported Transport")
    package static let unsupportedMedia = RTSPStatus(code: 415, reason: "Unsupported Media Type")
    package static let notImplemented = RTSPStatus(code: 501, reason: "Not Implemented")
    package static let unavailable = RTSPStatus(code: 503, reason: "Service Unavailable")
    package static let optionNotSupported = RTSPStatus(code: 551, reason: "Option not supported")
}

package struct RTSPResponse: Sendable, Hashable {
    package var status: RTSPStatus
    package var headers: [RTSPHeader]
    package var body: String

    package init(_ status: RTSPStatus, _ headers: [RTSPHeader] = [], body: String = "") {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// As it goes out.
    ///
    /// - Parameter sequence: the request's `CSeq`; nil when it had none.
    func text(sequence: String?) -> String {
        var text = "RTSP/1.0 \(status.code) \(status.reason)\r\n"
        if let sequence { text += "CSeq: \(sequence)\r\n" }
        text += "Server: SpectraX\r\n"
        for header in headers { text += "\(header.name): \(header.value)\r\n" }
        if !body.isEmpty { text += "Content-Length: \(body.utf8.count)\r\n" }
        return text + "\r\n" + body
    }
}

/// What came does not make sense; the connection cannot go on.
package struct RTSPSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
