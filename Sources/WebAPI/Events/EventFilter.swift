import Domain

/// Which live messages a client wants.
struct EventFilter: Sendable {
    /// nil for all. Messages about no camera pass anyway.
    var cameras: Set<StreamPath>?
    var kinds = Set(LiveMessage.Kind.selectable)
    /// nil for all. Messages that are about no objects pass anyway, but not frames without any.
    var classes: Set<String>?

    func admits(_ message: LiveMessage) -> Bool {
        guard kinds.contains(message.kind) else { return message.kind == .lost }
        if let cameras, let camera = message.camera, !cameras.contains(camera) { return false }
        guard let classes else { return true }
        switch message.kind {
        case .frame, .event, .recording: return !classes.isDisjoint(with: message.classes)
        case .camera, .system, .lost: return true
        }
    }
}
