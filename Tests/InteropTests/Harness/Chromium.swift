import Foundation

/// A headless Chromium in a namespace, with a fake camera and microphone.
final class Chromium: Sendable {
    private let process: ChildProcess
    private let pipe: DevToolsPipe

    /// `trustedOrigin` is an origin that gets the camera although it is neither HTTPS nor local.
    init(_ scenario: Scenario, in namespace: Namespace, trustedOrigin: String? = nil) throws {
        guard let browser = InteropEnvironment.browser else {
            throw ChildProcess.Failure(description: "no chromium on this machine")
        }
        let profile = "\(scenario.folder)/profile-\(UInt32.random(in: 0...UInt32.max))"
        var command = [
            browser, "--headless", "--no-sandbox", "--no-first-run", "--user-data-dir=\(profile)",
            "--remote-debugging-pipe",
            "--use-fake-device-for-media-stream=fps=30", "--use-fake-ui-for-media-stream",
            "--autoplay-policy=no-user-gesture-required",
            // Names of .local need multicast DNS, which a namespace with two ends of one wire has not.
            "--disable-features=WebRtcHideLocalIpsWithMdns",
            // Pages that nobody looks at must go on decoding and drawing.
            "--disable-renderer-backgrounding", "--disable-background-timer-throttling",
            "--disable-backgrounding-occluded-windows",
            "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
            "--disable-component-update", "--disable-sync",
        ]
        if let trustedOrigin { command.append("--unsafely-treat-insecure-origin-as-secure=\(trustedOrigin)") }

        let toBrowser = try Self.makePipe()
        let fromBrowser = try Self.makePipe()
        process = try scenario.start(
            "chromium", command, in: namespace, environment: ["HOME": scenario.folder],
            descriptors: [3: toBrowser.read, 4: fromBrowser.write])
        close(toBrowser.read)
        close(fromBrowser.write)
        pipe = DevToolsPipe(input: fromBrowser.read, output: toBrowser.write)
    }

    /// Opens a page of its own window.
    func open(_ url: String) async throws -> Page {
        struct Create: Encodable {
            var url: String
            var newWindow = true
        }
        struct Created: Decodable { var targetId: String }
        struct Attach: Encodable {
            var targetId: String
            var flatten = true
        }
        struct Attached: Decodable { var sessionId: String }

        let created: Created = try await pipe.call("Target.createTarget", Create(url: url))
        let attached: Attached = try await pipe.call("Target.attachToTarget", Attach(targetId: created.targetId))
        let page = Page(context: DevToolsContext(pipe: pipe, session: attached.sessionId))
        try await eventually("\(url) is loaded", within: .seconds(10), every: .milliseconds(50)) {
            // A page that is being replaced has no context to evaluate in.
            (try? await page.evaluate("document.readyState === 'complete' && location.href !== 'about:blank'")) ?? false
        }
        return page
    }

    /// An empty page that may use the camera, for peers whose signalling the test itself carries.
    func openEmptyPage(_ scenario: Scenario) async throws -> Page {
        let file = "\(scenario.folder)/empty.html"
        try "<!doctype html><title>peer</title><body></body>".write(toFile: file, atomically: true, encoding: .utf8)
        return try await open("file://\(file)")
    }

    /// Ends the browser as a crash would: no goodbye to anybody.
    func kill() async throws {
        process.killGroup()
        try await process.waitForExit()
    }

    /// Ours stay out of the child's way: above its descriptors 3 and 4, and closed there by `exec`.
    private static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard Foundation.pipe(&ends) == 0 else { throw ChildProcess.Failure(description: "no pipe") }
        let high = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
        for end in ends { close(end) }
        return (high[0], high[1])
    }
}
