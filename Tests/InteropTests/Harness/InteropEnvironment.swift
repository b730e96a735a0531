import Foundation

/// What this machine offers to tests with real programs.
enum InteropEnvironment {
    /// The folder of the release executables; the tests with real programs run only when it is named.
    static let binaries = ProcessInfo.processInfo.environment["SLUICE_BINARIES"]

    /// Whether a missing browser is a failure instead of a skipped test.
    static let isRequired =
        ProcessInfo.processInfo.environment["SLUICE_REQUIRE_BROWSERS"] == "1"
        || ProcessInfo.processInfo.environment["CI"] == "true"

    /// Why the tests with browsers can't run here; nil when they can.
    static let missing: String? =
        if binaries == nil {
            "SLUICE_BINARIES does not name the folder of the executables"
        } else if geteuid() != 0 {
            "network namespaces need root"
        } else if browser == nil {
            "no chromium"
        } else {
            nil
        }

    static let runsBrowsers = missing == nil || (isRequired && binaries != nil)

    /// The emulated link needs TUN on top of that.
    static let runsLinks = runsBrowsers && (isRequired || access("/dev/net/tun", R_OK | W_OK) == 0)

    static var skipped: String { missing ?? "no /dev/net/tun" }

    /// The browser itself: Debian's wrapper script only looks for plug-ins and profiles.
    static let browser = ["/usr/lib/chromium/chromium", "/usr/bin/chromium"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    static let firefox = ["/usr/lib/firefox-esr/firefox-esr", "/usr/bin/firefox-esr"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    static let hasJanus = FileManager.default.isExecutableFile(atPath: "/usr/bin/janus")

    static func binary(_ name: String) -> String { (binaries ?? ".build/release") + "/" + name }
}
