/// Who may publish and who may watch: two accounts, made at the first start.
package struct Credentials: Codable, Hashable, Sendable {
    package struct Account: Codable, Hashable, Sendable {
        package var username: String
        package var password: String

        package init(username: String, password: String) {
            self.username = username
            self.password = password
        }
    }

    /// What an account is for. Rules name it, whatever user name the account has.
    package enum Role: String, CaseIterable, Sendable {
        case publisher
        case viewer
    }

    package var publisher: Account
    package var viewer: Account

    package init(publisher: Account, viewer: Account) {
        self.publisher = publisher
        self.viewer = viewer
    }

    /// New ones, with passwords of 24 characters from the system's random source: 142 bits each.
    package static func random() -> Credentials {
        Credentials(
            publisher: Account(username: "publisher", password: password()),
            viewer: Account(username: "viewer", password: password()))
    }

    /// Letters and digits that are not mistaken for one another, and need no escaping in a URL.
    private static let alphabet = Array("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")

    private static func password() -> String {
        var source = SystemRandomNumberGenerator()
        return String((0..<24).compactMap { _ in alphabet.randomElement(using: &source) })
    }

    /// Takes the same time for every name.
    func account(named username: String) -> (role: Role, password: String)? {
        // Both are compared, whichever it is.
        let isPublisher = isEqualInConstantTime(username, publisher.username)
        let isViewer = isEqualInConstantTime(username, viewer.username)
        return isPublisher ? (.publisher, publisher.password) : isViewer ? (.viewer, viewer.password) : nil
    }
}
