import Foundation

/// The server itself, the release build, in a namespace.
struct HostProcess: Sendable {
    static let port: UInt16 = 8080
    static let publishToken = "publish-token-of-the-interop-tests"
    static let watchToken = "watch-token-of-the-interop-tests"
    static let adminToken = "admin-token-of-the-interop-tests"

    let process: ChildProcess
    let namespace: Namespace
    /// Where HTTP listens.
    let address: String
    let usesTokens: Bool

    var origin: String { "http://\(address):\(Self.port)" }

    /// Starts the server and waits until it is healthy. On another address than loopback it asks for tokens.
    static func start(
        _ scenario: Scenario, in namespace: Namespace, http address: String = "127.0.0.1", _ options: [String] = []
    ) async throws -> HostProcess {
        let usesTokens = !address.hasPrefix("127.")
        let tokens = [
            "SLUICE_PUBLISH_TOKEN": publishToken, "SLUICE_WATCH_TOKEN": watchToken, "SLUICE_ADMIN_TOKEN": adminToken,
        ]
        let process = try scenario.start(
            "MediaHost",
            [
                InteropEnvironment.binary("MediaHost"), "--http", "\(address):\(port)", "--udp-port", "40000",
                "--announce", namespace.address,
            ] + options,
            in: namespace, environment: usesTokens ? tokens : [:])
        let host = HostProcess(process: process, namespace: namespace, address: address, usesTokens: usesTokens)
        try await eventually("the server is healthy", within: .seconds(10), every: .milliseconds(50)) {
            if let code = process.exitCode { throw ChildProcess.Failure(description: "MediaHost ended: \(code)") }
            return try HTTPRequest(path: "/health").send(to: address, port: port, in: namespace)?.status == 200
        }
        return host
    }

    func statistics() throws -> HostStatistics {
        let headers = usesTokens ? ["Authorization": "Bearer \(Self.adminToken)"] : [:]
        let request = HTTPRequest(path: "/stats", headers: headers)
        guard let response = try request.send(to: address, port: Self.port, in: namespace), response.status == 200
        else {
            throw ChildProcess.Failure(description: "no statistics from the server")
        }
        return try JSONDecoder().decode(HostStatistics.self, from: Data(response.body.utf8))
    }

    /// What the server says of the link of a watcher, and what it is to get.
    func estimate(of session: String) throws -> LinkRecording.Estimate? {
        struct Bitrate: Decodable { var availableOutgoingBitrate: Int64 }
        let path = String(session.dropFirst(origin.count))
        let headers = usesTokens ? ["Authorization": "Bearer \(Self.watchToken)"] : [:]
        func body(_ path: String) throws -> Data? {
            let response = try HTTPRequest(path: path, headers: headers).send(
                to: address, port: Self.port, in: namespace)
            return response.flatMap { $0.status == 200 ? Data($0.body.utf8) : nil }
        }
        guard let bitrate = try body(path + "/bitrate"), let layers = try body(path + "/layer") else { return nil }
        let target = try JSONDecoder().decode([String: LayerState].self, from: layers).values.first?.target
        return LinkRecording.Estimate(
            at: Date().timeIntervalSince1970 * 1000,
            bitrate: try JSONDecoder().decode(Bitrate.self, from: bitrate).availableOutgoingBitrate,
            target: target.map { "\($0.encodingId ?? "-").\($0.temporalLayerId)" } ?? "none")
    }

    /// Waits until the server keeps nothing of any session; tells how long that took.
    @discardableResult
    func becomesIdle(within limit: Duration) async throws -> Duration {
        let start = ContinuousClock.now
        try await eventually("the server is idle", within: limit) { try statistics().isIdle }
        return ContinuousClock.now - start
    }

    /// SIGTERM; tells the exit code.
    func stop() async throws -> Int32 {
        process.signal(SIGTERM)
        return try await process.waitForExit()
    }

    func publish(on page: Page, stream: String, codec: String) async throws {
        try await page.loadPeer()
        let _: String = try await page.call(
            "publish", "\(origin)/whip/\(stream)", usesTokens ? Self.publishToken : nil, codec)
    }

    /// Publishes a picture of 1280x720, 30 times a second.
    func publishLarge(on page: Page, stream: String, codec: String, encodings: String = "[{}]") async throws {
        try await page.loadLayers()
        let camera: [Int] = try await page.evaluate("peer.camera(1280, 720, 30)")
        guard camera == [1280, 720] else { throw ChildProcess.Failure(description: "the camera makes \(camera)") }
        let token = usesTokens ? "'\(Self.publishToken)'" : "null"
        let _: String = try await page.evaluate(
            "peer.publishLayers('\(origin)/whip/\(stream)', \(token), '\(codec)', \(encodings))")
    }

    /// Tells the session's resource.
    @discardableResult
    func watch(on page: Page, stream: String) async throws -> String {
        try await page.loadPeer()
        return try await page.call("watch", "\(origin)/whep/\(stream)", usesTokens ? Self.watchToken : nil)
    }
}
