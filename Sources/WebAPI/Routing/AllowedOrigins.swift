import Foundation
import HTTPTypes

/// Which web pages of other origins may read the answers. Credentials are never allowed.
package enum AllowedOrigins: Sendable {
    case all
    /// Origins as browsers send them, e.g. `https://home.example:8443`.
    case only(Set<String>)

    /// Refuses a request that more hangs on than reading: one that may act in the reader's name, or whose answer browsers
    /// would show to any page.
    ///
    /// Programs name no origin and may send it; so may pages of this server, also behind a proxy, and those of origins that
    /// are listed by name.
    /// - Parameter authority: what the client calls this server: the field `Host`.
    /// - Throws: 403.
    func check(_ fields: HTTPFields, authority: String?) throws(WebFailure) {
        guard let origin = fields[.origin], !isListed(origin), !isOwn(origin, fields, authority) else { return }
        throw WebFailure(
            status: .forbidden,
            message: "pages of \(printable(origin)) may not do this; network.cors_origins lists by name who may")
    }

    private func isListed(_ origin: String) -> Bool {
        guard case .only(let origins) = self else { return false }
        return origins.contains(origin)
    }

    /// Two of the fields are there for proxies that put their own `Host` in the place of the browser's. Scripts can set
    /// neither without being asked for leave first.
    private func isOwn(_ origin: String, _ fields: HTTPFields, _ authority: String?) -> Bool {
        if let name = Self.fetchSite, fields[name] == "same-origin" { return true }
        guard let scheme = origin.range(of: "://") else { return false }
        let host = origin[scheme.upperBound...].lowercased()
        return host == authority?.lowercased()
            || host == Self.forwardedHost.flatMap { fields[$0] }?.lowercased()
    }

    private static let fetchSite = HTTPField.Name("Sec-Fetch-Site")
    private static let forwardedHost = HTTPField.Name("X-Forwarded-Host")
}
