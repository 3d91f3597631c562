// Grey levels to brightness, over every pixel of a film: on the graphics processor, or by a table.
const VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;
const FRAGMENT = `#version 300 es
precision highp float;
uniform highp sampler2D film;
uniform float low, width, inverted, rows;
uniform bool deep;
out vec4 colour;
void main() {
  vec4 texel = texelFetch(film, ivec2(gl_FragCoord.x, rows - gl_FragCoord.y), 0);
  vec3 level = round(texel.rgb * 255.0);
  if (deep) level = vec3(level.r * 256.0 + level.g);
  vec3 bright = clamp((level - low) / width, 0.0, 1.0);
  colour = vec4(mix(bright, 1.0 - bright, inverted), 1.0);
}`;

// Names of renderers that are no graphics processor.
const SOFTWARE = /swiftshader|llvmpipe|software/i;

// One for each picture on the screen: it keeps what it drew last.
export class Windowing {
  #graphics = null;
  #table = null;
  #last = {};

  // What to draw of `pixels`, in a window of grey levels; a film as it is when that is the same.
  picture(pixels, { low, high, inverted }) {
    const { deep, bitmap } = pixels;
    if (!deep && low <= 0 && high >= 255 && !inverted) return bitmap;
    const last = this.#last;
    const isSame =
      last.pixels === pixels && last.low === low && last.high === high && last.inverted === inverted;
    if (!isSame) {
      const width = Math.max(high - low, 1e-6);
      this.#last = { pixels, low, high, inverted, picture: this.#draw(pixels, { low, width, inverted }) };
    }
    return this.#last.picture;
  }

  #draw(pixels, window) {
    this.#graphics ??= openGraphics();
    const limit = this.#graphics?.limit ?? 0;
    if (Math.max(pixels.bitmap.width, pixels.bitmap.height) <= limit && !this.#graphics.isLost())
      return this.#graphics.draw(pixels, window);
    this.#table ??= document.createElement("canvas");
    return drawByTable(this.#table, pixels, window);
  }
}

// Null where it would be drawn by the processor, which a table does faster.
function openGraphics() {
  const canvas = document.createElement("canvas");
  const gl = canvas.getContext("webgl2", {
    alpha: false, antialias: false, depth: false,
    failIfMajorPerformanceCaveat: true, preserveDrawingBuffer: true,
  });
  if (!gl || SOFTWARE.test(rendererOf(gl))) return { limit: 0, isLost: () => true };
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  gl.useProgram(program);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  const at = (name) => gl.getUniformLocation(program, name);
  let held = null;
  return {
    limit: gl.getParameter(gl.MAX_TEXTURE_SIZE),
    isLost: () => gl.isContextLost(),
    draw(pixels, { low, width, inverted }) {
      const { bitmap, deep } = pixels;
      if (held !== pixels) {
        canvas.width = bitmap.width;
        canvas.height = bitmap.height;
        gl.viewport(0, 0, bitmap.width, bitmap.height);
        gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
        held = pixels;
      }
      gl.uniform1f(at("low"), low);
      gl.uniform1f(at("width"), width);
      gl.uniform1f(at("inverted"), inverted ? 1 : 0);
      gl.uniform1f(at("rows"), bitmap.height);
      gl.uniform1i(at("deep"), deep ? 1 : 0);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
      return canvas;
    },
  };
}

function rendererOf(gl) {
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  return info ? gl.getParameter(info.UNMASKED_RENDERER_WEBGL) : "";
}

function drawByTable(canvas, pixels, { low, width, inverted }) {
  const { bitmap, deep } = pixels;
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  pixels.bytes ??= bytesOf(context, bitmap);
  const image = context.createImageData(bitmap.width, bitmap.height);
  const { bytes } = pixels;
  const bright = Uint8ClampedArray.from({ length: deep ? 65_536 : 256 }, (_, level) => {
    const value = Math.min(1, Math.max(0, (level - low) / width)) * 255;
    return inverted ? 255 - value : value;
  });
  const out = image.data;
  for (let at = 0; at < bytes.length; at += 4) {
    if (deep) {
      out[at] = out[at + 1] = out[at + 2] = bright[(bytes[at] << 8) | bytes[at + 1]];
    } else {
      out[at] = bright[bytes[at]];
      out[at + 1] = bright[bytes[at + 1]];
      out[at + 2] = bright[bytes[at + 2]];
    }
    out[at + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

function bytesOf(context, bitmap) {
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height).data;
}
