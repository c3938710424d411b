package import Domain
import Hummingbird
import HummingbirdCore

/// How a camera that is no address in the settings, such as a phone, sends its pictures to this server.
package struct PublishingAddresses: Sendable, Hashable {
    package var path: StreamPath
    /// Whether the settings name a camera of that path; to others nobody can publish.
    package var isKnown: Bool
    /// By the machine's address in its network, the safest first; empty when nothing is taken.
    package var urls: [String]
    /// A link that sets up the app Larix Broadcaster, without a password; nil when nothing is taken.
    package var phoneLink: String?
    /// What shows the passwords, to be typed on the server's machine.
    package var credentialsCommand: String
    /// Whether only the server's own machine reaches the addresses.
    package var isLocal: Bool

    package init(
        path: StreamPath, isKnown: Bool, urls: [String], phoneLink: String?, credentialsCommand: String, isLocal: Bool
    ) {
        self.path = path
        self.isKnown = isKnown
        self.urls = urls
        self.phoneLink = phoneLink
        self.credentialsCommand = credentialsCommand
        self.isLocal = isLocal
    }
}

/// Knows where streams can be published.
package protocol PublishingSource: Sendable {
    /// - Parameter path: nil for the first camera that waits for a publisher, or an example when there is none.
    func publishing(_ path: StreamPath?) -> PublishingAddresses?
}

/// Where to publish, for people with a camera in their hands.
struct PublishRoutes: Sendable {
    /// nil in tests.
    let source: (any PublishingSource)?

    var routes: [Route] {
        [Route("/api/publish", [.get: publish])]
    }

    private func publish(_ request: RoutedRequest) async throws -> Response {
        let accepts = "a path such as video/phone"
        let text = try request.query("path").text("path", accepts: accepts)
        var path: StreamPath?
        if let text {
            guard let given = try? StreamPath(text) else { throw QueryParameters.refusal("path", text, accepts) }
            path = given
        }
        // Asking the system for the machine's addresses may take a moment.
        guard let addresses = try await onDisk({ [path] in source?.publishing(path) }) else {
            throw WebFailure(status: .notFound, message: "this server takes no streams")
        }
        var json = JSONText()
        json.object { json in
            json.field("path", addresses.path.rawValue)
            json.field("known", addresses.isKnown)
            json.key("urls")
            json.array(addresses.urls) { $0.string($1) }
            json.field("phone_link", addresses.phoneLink)
            json.field("credentials_command", addresses.credentialsCommand)
            json.field("local", addresses.isLocal)
        }
        return response(json)
    }
}
