extension Dashboard {
    /// What lies in `Resources/dashboard`, by name.
    static var embedded: [String: [UInt8]] {
        [
            "api.js": PackageResources.api_js,
            "bin.js": PackageResources.bin_js,
            "charts.js": PackageResources.charts_js,
            "classes.js": PackageResources.classes_js,
            "dashboard.css": PackageResources.dashboard_css,
            "day.js": PackageResources.day_js,
            "dom.js": PackageResources.dom_js,
            "events.js": PackageResources.events_js,
            "first-steps.js": PackageResources.first_steps_js,
            "gallery.js": PackageResources.gallery_js,
            "icon-180.png": PackageResources.icon_180_png,
            "icon-512.png": PackageResources.icon_512_png,
            "icon.svg": PackageResources.icon_svg,
            "index.html": PackageResources.index_html,
            "live.js": PackageResources.live_js,
            "main.js": PackageResources.main_js,
            "manifest.webmanifest": PackageResources.manifest_webmanifest,
            "mjpeg.js": PackageResources.mjpeg_js,
            "mse.js": PackageResources.mse_js,
            "player.js": PackageResources.player_js,
            "qr.js": PackageResources.qr_js,
            "recording.js": PackageResources.recording_js,
            "scroll.js": PackageResources.scroll_js,
            "service-worker.js": PackageResources.service_worker_js,
            "statistics.js": PackageResources.statistics_js,
            "strings.de.js": PackageResources.strings_de_js,
            "strings.en.js": PackageResources.strings_en_js,
            "system.js": PackageResources.system_js,
            "text.js": PackageResources.text_js,
            "theme.js": PackageResources.theme_js,
            "toast.js": PackageResources.toast_js,
            "view.js": PackageResources.view_js,
        ]
    }
}
