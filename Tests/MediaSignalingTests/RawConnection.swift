import Foundation
import Glibc

/// A TCP connection that sends whatever bytes it is told to. Its calls block, so they run on threads of their own and
/// leave the few that Swift's tasks share alone.
final class RawConnection: @unchecked Sendable {
    struct Response: Sendable {
        var status = 0
        var headers: [String: String] = [:]
        var body = ""
    }

    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = connect(descriptor, $0, size) }
        }
        var timeout = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    func send(_ text: String) { send(bytes: Array(text.utf8)) }

    func send(bytes: [UInt8]) {
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Ends our side.
    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next response; nil when the server closed or fell silent first.
    func response(toHead: Bool = false) async -> Response? {
        await blocking { self.readResponse(toHead: toHead) }
    }

    /// Sends a request and waits for its response.
    func exchange(_ text: String) async -> Response? {
        send(text)
        return await response()
    }

    /// Whether the server closes, whatever it sends before.
    func isClosedByServer() async -> Bool {
        await blocking {
            while true {
                let count = self.fill()
                if count <= 0 { return count == 0 || errno == ECONNRESET }
            }
        }
    }

    private func blocking<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: body()) }
        }
    }

    private func fill() -> Int {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count > 0 { buffer += chunk.prefix(count) }
        return count
    }

    private func readResponse(toHead: Bool) -> Response? {
        var headEnd = endOfHead()
        while headEnd == nil {
            guard fill() > 0 else { return nil }
            headEnd = endOfHead()
        }
        guard let end = headEnd else { return nil }
        let lines = String(decoding: buffer[..<end], as: UTF8.self).split(separator: "\r\n")
        buffer.removeFirst(end + 4)
        var response = Response()
        response.status = lines.first.flatMap { Int($0.split(separator: " ")[1]) } ?? 0
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            response.headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
        }
        guard !toHead, let length = response.headers["content-length"].flatMap({ Int($0) }) else { return response }
        while buffer.count < length { guard fill() > 0 else { return nil } }
        response.body = String(decoding: buffer.prefix(length), as: UTF8.self)
        buffer.removeFirst(length)
        return response
    }

    private func endOfHead() -> Int? {
        guard buffer.count >= 4 else { return nil }
        return (0...buffer.count - 4).first { Array(buffer[$0..<$0 + 4]) == [13, 10, 13, 10] }
    }
}
