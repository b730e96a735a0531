import CLinkEmulator
import Foundation

/// A client of text messages over a WebSocket (RFC 6455) that reaches into a namespace. It blocks its caller.
final class WebSocket {
    private let socket: Int32
    private var received: [UInt8] = []

    /// Nil when nobody listens.
    init?(_ address: String, port: UInt16, path: String, in namespace: Namespace) throws {
        socket = link_open_socket(namespace.path, AF_INET, Int32(SOCK_STREAM.rawValue))
        guard socket >= 0 else { throw ChildProcess.Failure(description: "no socket in \(namespace.name)") }
        var patience = timeval(tv_sec: 30, tv_usec: 0)
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
        // Who listens is our own child, so the key need not be a secret, nor the answer to it checked.
        let head = """
            GET \(path) HTTP/1.1\r
            Host: \(address):\(port)\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Key: c2x1aWNlLWludGVyb3AtMQ==\r
            Sec-WebSocket-Version: 13\r
            \r\n
            """
        try write(Array(head.utf8))
        let end = Array("\r\n\r\n".utf8)
        while received.count < 4 || received.suffix(4) != end[...] { received.append(try next(1)[0]) }
        let answer = String(decoding: received, as: UTF8.self)
        guard answer.hasPrefix("HTTP/1.1 101") else { throw ChildProcess.Failure(description: answer) }
        received = []
    }

    deinit { close(socket) }

    func send(_ text: String) throws { try send(0x81, Array(text.utf8)) }

    /// The next message.
    func receive() throws -> Data {
        var message = Data()
        while true {
            let head = try next(2)
            var length = UInt64(head[1] & 0x7F)
            if length >= 126 {
                length = try next(length == 126 ? 2 : 8).reduce(0) { $0 << 8 | UInt64($1) }
            }
            guard length <= 1 << 28 else { throw ChildProcess.Failure(description: "a frame of \(length) bytes") }
            let payload = try next(Int(length))
            switch head[0] & 0x0F {
            case 0, 1, 2:
                message.append(contentsOf: payload)
                if head[0] & 0x80 != 0 { return message }
            case 8: throw ChildProcess.Failure(description: "the browser closed the connection")
            case 9: try send(0x8A, payload)
            default: break
            }
        }
    }

    private func send(_ opcode: UInt8, _ payload: [UInt8]) throws {
        var frame: [UInt8] = [opcode]
        switch payload.count {
        case ..<126: frame.append(0x80 | UInt8(payload.count))
        case ..<65_536: frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            frame.append(0x80 | 127)
            frame += (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
        }
        // Any mask will do, since nothing between us and the browser could be misled by what we send; but Firefox takes
        // one of zeros for none.
        let mask: [UInt8] = [0x51, 0x1C, 0xE5, 0x0F]
        try write(frame + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] })
    }

    private func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Foundation.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw ChildProcess.Failure(description: "the browser is gone") }
            sent += count
        }
    }

    private func next(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes[filled...].withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
            guard got > 0 else { throw ChildProcess.Failure(description: "the browser does not answer") }
            filled += got
        }
        return bytes
    }
}
