import Testing

@testable import MediaCore

@Suite struct VideoLayersAllocationTests {
    private func read(_ bytes: [UInt8]) -> VideoLayersAllocation? {
        VideoLayersAllocation(bytes.span.bytes)
    }

    @Test func simulcastWithSizes() throws {
        // Stream 1 of 3, one spatial layer each, of 2, 2 and 1 temporal layers.
        let allocation = try #require(
            read([
                0x61, 0x50, 100, 0x96, 1, 200, 1, 0xAC, 2, 0xE8, 7, 1, 63, 0, 179, 15, 2, 127, 1, 103, 30, 4, 255, 2,
                207, 60,
            ]))
        #expect(allocation.streamIndex == 1 && allocation.layers.map(\.stream) == [0, 1, 2])
        #expect(allocation.layers.map(\.spatialLayer) == [0, 0, 0])
        #expect(allocation.layers.map(\.bitrates) == [[100_000, 150_000], [200_000, 300_000], [1_000_000]])
        #expect(allocation.layers.map(\.size.height) == [180, 360, 720])
        #expect(allocation.layers.map(\.size.width) == [320, 640, 1280])
        #expect(allocation.layers.map(\.frameRate) == [15, 30, 60])
    }

    @Test func layersOfOneStream() throws {
        // Spatial layers 0 and 2, three temporal layers and one.
        let allocation = try #require(read([0x05, 0x80, 10, 20, 30, 0xE8, 0x07]))
        #expect(allocation.streamIndex == 0 && allocation.layers.map(\.spatialLayer) == [0, 2])
        #expect(allocation.layers.map(\.bitrates) == [[10_000, 20_000, 30_000], [1_000_000]])
        #expect(allocation.layers.allSatisfy { $0.size == FrameSize() && $0.frameRate == 0 })
    }

    @Test func streamsThatDiffer() throws {
        // Three streams with the layers 0 and 1, none, 0.
        let allocation = try #require(read([0x20, 0x30, 0x10, 0x00, 1, 2, 3]))
        #expect(allocation.layers.map(\.stream) == [0, 0, 2] && allocation.layers.map(\.spatialLayer) == [0, 1, 0])
        #expect(allocation.layers.map(\.bitrates) == [[1_000], [2_000], [3_000]])
    }

    @Test func nothingIsSent() throws {
        #expect(try #require(read([0])).layers.isEmpty)
    }

    @Test func malformed() {
        #expect(read([]) == nil)
        #expect(read([0x41, 0x00, 1]) == nil)  // the second stream of one
        #expect(read([0x00, 0x00, 0x00]) == nil)  // no layers, at length
        #expect(read([0x01, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]) == nil)
        #expect(read([0x01, 0x00, 1, 0, 1, 0, 1, 30, 9]) == nil)  // more than its sizes
        let most: [UInt8] = [0x3F, 0xFF, 0xFF, 0xFF, 0xFF] + Array(repeating: 7, count: 64)
        #expect(read(most)?.layers.count == 16 && read(most)?.layers.allSatisfy { $0.bitrates.count == 4 } == true)
        for count in 0..<most.count { #expect(read(Array(most[..<count])) == nil) }
    }
}
