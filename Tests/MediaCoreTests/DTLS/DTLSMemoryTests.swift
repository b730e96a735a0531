#if canImport(Glibc)
import Glibc
import Testing

@testable import MediaCore

@Suite struct DTLSMemoryTests {
    /// How many bytes the C allocator has given out, by its own report. Its header is not one that Swift can import.
    private func allocated() throws -> Int {
        typealias MallocInfo = @convention(c) (Int32, UnsafeMutablePointer<FILE>?) -> Int32
        let symbol = try #require(dlsym(nil, "malloc_info"))
        var text: UnsafeMutablePointer<CChar>?
        var count = 0
        let stream = open_memstream(&text, &count)
        _ = unsafeBitCast(symbol, to: MallocInfo.self)(0, stream)
        fclose(stream)
        defer { free(text) }
        // The totals stand last.
        let lines = String(cString: try #require(text)).split(separator: "\n")
        func total(_ beginning: String) -> Int {
            let words = lines.last { $0.hasPrefix(beginning) }?.split(separator: "\"") ?? []
            return words.compactMap { Int($0) }.last ?? 0
        }
        return total("<system type=\"current\"") - total("<total type=\"rest\"")
            - total("<total type=\"fast\"")
    }

    /// OpenSSL holds 33 kB of record buffers for each association unless it is made to give them back. What remains is
    /// mostly its own too: 22 kB of handshake buffer, which it never gives back with DTLS, and 8 kB of state. Other
    /// tests run at the same time, so the least of several measurements counts.
    @Test func aConnectedAssociationIsSmall() throws {
        var smallest = Int.max
        var left = Int.max
        for _ in 0..<6 {
            let before = try allocated()
            var links: [DTLSLink] = []
            for _ in 0..<25 {
                let link = try DTLSLink(arenaCapacity: 1 << 12)
                link.start()
                link.run()
                link.forgetSent()
                links.append(link)
            }
            smallest = min(smallest, (try allocated() - before) / 50)
            #expect(links.allSatisfy { $0.areConnected })
            links.removeAll()
            left = min(left, abs(try allocated() - before) / 50)
        }
        print("DTLS: \(smallest) bytes for each connected association with its share of a test link, \(left) after it")
        #expect(smallest < 55_000)
        #expect(left < 1000)
    }
}
#endif
