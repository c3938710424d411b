import Detections
import Domain
import Testing

@Suite struct LetterboxTests {
    @Test(arguments: [
        (768, 576, 416, 416), (1920, 1080, 640, 640), (100, 900, 416, 416), (1, 1, 416, 416), (4096, 16, 640, 384),
    ])
    func boxesComeBackToWhereTheyWere(_ sourceWidth: Int, _ sourceHeight: Int, _ width: Int, _ height: Int) {
        for placement in Letterbox.Placement.allCases {
            let box = Letterbox(
                sourceWidth: sourceWidth, sourceHeight: sourceHeight, inputWidth: width, inputHeight: height,
                placement: placement)
            #expect(box.left >= 0 && box.top >= 0)
            #expect(box.left + box.width <= width && box.top + box.height <= height)
            let whole = box.source(
                of: PixelBox(
                    x1: Float(box.left), y1: Float(box.top), x2: Float(box.left + box.width),
                    y2: Float(box.top + box.height)))
            #expect(abs(whole.x2 - Float(sourceWidth)) <= 1 / box.scaleX)
            #expect(abs(whole.y2 - Float(sourceHeight)) <= 1 / box.scaleY)
            #expect(
                placement == .stretch || abs(box.scaleX / box.scaleY - 1) <= 0.5 / Float(min(box.width, box.height)))
        }
    }

    @Test func ultralyticsPutsAWidePictureInTheMiddle() {
        let box = Letterbox(
            sourceWidth: 1920, sourceHeight: 1080, inputWidth: 640, inputHeight: 640, placement: .centre)
        #expect((box.left, box.top, box.width, box.height) == (0, 140, 640, 360))
    }

    @Test func aStretchedPictureFillsTheInput() {
        let box = Letterbox(
            sourceWidth: 1920, sourceHeight: 1080, inputWidth: 640, inputHeight: 640, placement: .stretch)
        #expect((box.left, box.top, box.width, box.height) == (0, 0, 640, 640))
        #expect(
            box.source(of: PixelBox(x1: 320, y1: 320, x2: 700, y2: 640))
                == PixelBox(x1: 960, y1: 540, x2: 1920, y2: 1080))
    }
}
