import CLinkEmulator
import Foundation

/// A small HTTP client that reaches into a namespace.
struct HTTPRequest {
    struct Response {
        var status: Int
        var body: String
    }

    var method = "GET"
    var path: String
    var headers: [String: String] = [:]
    var body = ""

    /// Sends the request and reads the response up to the end of the connection; nil when nobody listens.
    func send(to address: String, port: UInt16, in namespace: Namespace) throws -> Response? {
        let socket = link_open_socket(namespace.path, AF_INET, Int32(SOCK_STREAM.rawValue))
        guard socket >= 0 else { throw ChildProcess.Failure(description: "no socket in \(namespace.name)") }
        defer { close(socket) }
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))

        var peer = sockaddr_in()
        peer.sin_family = sa_family_t(AF_INET)
        peer.sin_port = port.bigEndian
        inet_pton(AF_INET, address, &peer.sin_addr)
        let connected = withUnsafePointer(to: &peer) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return nil }

        var fields = headers.merging(["Host": "\(address):\(port)", "Connection": "close"]) { $1 }
        if !body.isEmpty { fields["Content-Length"] = "\(body.utf8.count)" }
        let head = "\(method) \(path) HTTP/1.1\r\n" + fields.map { "\($0): \($1)\r\n" }.joined() + "\r\n"
        _ = (head + body).withCString { Foundation.send(socket, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        var received = Data()
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while case let count = recv(socket, &chunk, chunk.count, 0), count > 0 {
            received.append(contentsOf: chunk[..<count])
        }

        let text = String(decoding: received, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n"), let status = Int(text.dropFirst(9).prefix(3)) else {
            throw ChildProcess.Failure(description: "no HTTP response to \(method) \(path): \(text)")
        }
        let body = String(text[end.upperBound...])
        let isChunked = text[..<end.lowerBound].lowercased().contains("transfer-encoding: chunked")
        return Response(status: status, body: isChunked ? Self.joined(body) : body)
    }

    /// The chunks of a body (RFC 9112, section 7.1), of which each has its length before it.
    private static func joined(_ chunks: String) -> String {
        var rest = chunks.utf8[...]
        var body: [UInt8] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\r")),
            let length = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), length > 0
        {
            let chunk = rest[end...].dropFirst(2)
            body += chunk.prefix(length)
            rest = chunk.dropFirst(length + 2)
        }
        return String(decoding: body, as: UTF8.self)
    }
}
