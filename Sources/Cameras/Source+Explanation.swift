internal import Domain
internal import FFmpeg

extension Source {
    /// What could not be opened, with what a user may look at; libav's own words leave much open.
    func explained(_ error: FFmpegError) -> FFmpegError {
        if url.scheme == .file, error.code == .notFound {
            return FFmpegError(
                error.code, call: "", subject: file ?? url.filePath ?? error.subject, reason: "there is no such file")
        }
        guard error.call == "avformat_open_input", let hint = hint(for: error.code) else { return error }
        return FFmpegError(error.code, call: error.call, subject: error.subject, reason: "\(error.reason); \(hint)")
    }

    private func hint(for code: FFmpegError.Code) -> String? {
        switch url.scheme {
        case .device:
            switch code {
            case .notFound: "is the camera plugged in?"
            case .unauthorized: "may this user read it? On Linux that takes the group `video`"
            default: nil
            }
        case .file:
            code == .invalidData ? "it is no video that this FFmpeg knows" : nil
        case .rtsp, .rtsps, .rtmp, .srt, .http, .https:
            switch code {
            case .unreachable:
                "is the host name right, does it answer on this port, and does it speak \(url.scheme.rawValue) there?"
            case .endOfStream: "the other side closed the connection; does it speak \(url.scheme.rawValue) there?"
            case .invalidData: "what came is no video that this FFmpeg knows"
            case .unauthorized: "are user name and password right?"
            default: nil
            }
        }
    }
}
