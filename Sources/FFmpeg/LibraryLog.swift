internal import CFFmpeg

/// libav's own log lines: off. Errors come as `FFmpegError`, and its lines may hold URLs with passwords.
enum LibraryLog {
    private static let installed: Void = {
        av_log_set_level(AV_LOG_QUIET)
    }()

    static func install() {
        _ = installed
    }
}
