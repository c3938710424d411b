import HTTPTypes
import Hummingbird
import HummingbirdCore

/// The dashboard's pages and files.
struct DashboardRoutes: Sendable {
    private let dashboard = Dashboard.shared

    /// What the pages' scripts tell apart by the address.
    private static let pages = ["/gallery", "/clips/{id}", "/statistics", "/system"]

    var routes: [Route] {
        [Route("/", [.get: page])]
            + Self.pages.map { Route($0, isPage: true, [.get: page]) }
            + dashboard.top.map { name, file in
                Route("/\(name)", isPage: true, [.get: { file.response(to: $0.request) }])
            }
            + [
                Route("/app/{release}/{file}", isPage: true, [.get: file]),
                // Where the Python version had its list.
                Route(
                    "/recordings.html", isPage: true,
                    [.get: { _ in Response(status: .permanentRedirect, headers: [.location: "/gallery"]) }]),
            ]
    }

    private func page(_ request: RoutedRequest) -> Response {
        dashboard.page.response(to: request.request)
    }

    private func file(_ request: RoutedRequest) throws -> Response {
        guard request.parameters[0] == dashboard.release, let file = dashboard.files[request.parameters[1]] else {
            throw WebFailure(
                status: .notFound, message: "the dashboard has no such file; reload the page",
                headers: [.cacheControl: "no-store"])
        }
        return file.response(to: request.request)
    }
}
