import Logging
import NIOCore
import Synchronization

@testable import MediaSignaling

/// A signalling server on a free port, in front of fake workers.
struct TestServer {
    let server: SignalingServer
    let backends: [FakeBackend]
    let log: LogLines

    var backend: FakeBackend { backends[0] }

    /// Runs `body` against a new server, and stops it.
    static func run(
        workers: Int = 1, configure: (inout SignalingConfiguration) throws -> Void = { _ in },
        _ body: (TestServer) async throws -> Void
    ) async throws {
        var configuration = SignalingConfiguration()
        configuration.port = 0
        try configure(&configuration)
        let backends = (0..<workers).map { _ in FakeBackend() }
        let log = LogLines()
        let logger = Logger(label: "test") { _ in LineLogHandler { log.append($0) } }
        let server = try await SignalingServer(configuration: configuration, backends: backends, logger: logger)
        let test = TestServer(server: server, backends: backends, log: log)
        do {
            try await body(test)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    func connect() -> RawConnection { RawConnection(port: server.port) }

    /// One request on a connection of its own.
    func request(
        _ method: String, _ path: String, _ headers: [String] = [], body: String = ""
    ) async -> RawConnection.Response {
        await connect().exchange(Self.text(method, path, headers, body: body)) ?? RawConnection.Response()
    }

    /// Publishes or watches, with the content type that belongs there.
    func post(_ path: String, _ offer: String = "v=0\r\n", _ headers: [String] = []) async -> RawConnection.Response {
        await request("POST", path, ["Content-Type: application/sdp"] + headers, body: offer)
    }

    /// Sends a fragment.
    func patch(_ path: String, ifMatch: String?, _ fragment: String = "a=candidate\r\n") async -> RawConnection.Response
    {
        let headers = ["Content-Type: application/trickle-ice-sdpfrag"] + (ifMatch.map { ["If-Match: \($0)"] } ?? [])
        return await request("PATCH", path, headers, body: fragment)
    }

    /// Waits until `condition` holds. Returns false when it doesn't within two seconds.
    func eventually(_ condition: () async -> Bool) async -> Bool {
        for _ in 0..<400 {
            if await condition() { return true }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return false
    }

    static func text(_ method: String, _ path: String, _ headers: [String] = [], body: String = "") -> String {
        let host = headers.contains { $0.lowercased().hasPrefix("host:") } ? [] : ["Host: localhost"]
        let length = body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)"]
        return (["\(method) \(path) HTTP/1.1"] + host + headers + length).joined(separator: "\r\n") + "\r\n\r\n" + body
    }
}

/// Collects log lines.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    func append(_ line: String) { lines.withLock { $0.append(line) } }

    var all: [String] { lines.withLock { $0 } }
}

extension HTTPSource {
    /// The source that a client at `text` is.
    init(testAddress text: String) {
        self.init(try? SocketAddress(ipAddress: text, port: 1))
    }
}
